"""Loads the packages that alphasync stands on, and leaves alphasync itself out.

What is loaded along with it and keeps account of what it has is left out, too.
"""

import gc
import sys

import alphasync.cli  # noqa: F401

for name in list(sys.modules):
    if name.partition(".")[0] in ("alphasync", "prometheus_client"):
        del sys.modules[name]

gc.collect()
gc.freeze()  # whoever looks for garbage would copy all pages
