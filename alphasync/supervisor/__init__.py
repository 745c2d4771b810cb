"""Several servers on one port of one machine: processes, and one that watches over them.

The supervisor opens the port, starts the workers, starts those again that die, and replaces them
one after the other on SIGHUP. It serves nobody itself. Each worker is a fresh interpreter that runs
one server, and ends when its supervisor is gone.
"""
