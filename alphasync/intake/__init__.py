"""Taking connections and requests from strangers: bounded in time, number and what is unpacked.

It stands under every HTTP server of ours, and needs nothing of alphasync but the errors.
"""

from alphasync.intake.answers import GUARDED, PAGE_GUARDED, refusal
from alphasync.intake.capacity import Bounds, Capacity
from alphasync.intake.pace import Pace
from alphasync.intake.runner import Intake, open_intake

__all__ = [
    "GUARDED",
    "PAGE_GUARDED",
    "Bounds",
    "Capacity",
    "Intake",
    "Pace",
    "open_intake",
    "refusal",
]
