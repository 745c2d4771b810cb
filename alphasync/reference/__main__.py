"""``python -m alphasync.reference [FOLDER]``: writes the reference; FOLDER is docs by default."""

import sys
from pathlib import Path

from alphasync.reference import settings
from alphasync.reference.page import filled
from alphasync.reference.schema import as_json

PAGES = ("protocol.md", "transport.md")


def main(folder: Path) -> None:
    for name in PAGES:
        page = folder / name
        page.write_text(filled(page))
    (folder / "protocol.schema.json").write_text(as_json())
    (folder / "settings.md").write_text(settings.page())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
