"""Commands of the command line that ask a running server over HTTP."""
