"""A real HTTP server of the gateway's contract that messages nobody.

`start_sandbox` runs it, `load_people` reads whom it knows, `Faults` makes it misbehave.
"""

from alphasync.gateway.sandbox.cast import default_people
from alphasync.gateway.sandbox.fault_flags import faults_from_flags
from alphasync.gateway.sandbox.faults import Faults, FaultsError
from alphasync.gateway.sandbox.people import People, PeopleError
from alphasync.gateway.sandbox.people_file import load_people
from alphasync.gateway.sandbox.server import RunningSandbox, create_app, start_sandbox

__all__ = [
    "Faults",
    "FaultsError",
    "People",
    "PeopleError",
    "RunningSandbox",
    "create_app",
    "default_people",
    "faults_from_flags",
    "load_people",
    "start_sandbox",
]
