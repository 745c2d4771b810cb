"""``python -m tests.faults.few_files serve``: a server that may have few files open."""

import resource

from tests.faults import patient

FILES = 1024
"""What many systems give a process."""

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    patient.run()
