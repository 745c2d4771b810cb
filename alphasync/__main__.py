"""``python -m alphasync``."""

from alphasync.cli import main

main()
