"""``python -m tests.faults.few_files serve``: a server that may have few files open."""

import resource
import runpy

FILES = 1024
"""What many systems give a process."""

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    runpy.run_module("alphasync", run_name="__main__", alter_sys=True)
