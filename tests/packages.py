"""Loads alphasync and the packages that it stands on."""

import gc

import alphasync.cli  # noqa: F401

gc.collect()
gc.freeze()  # whoever looks for garbage would copy all pages
