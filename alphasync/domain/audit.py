"""What is put on an account's record: a closed set, and never what was written to whom."""

from enum import StrEnum


class Action(StrEnum):
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    """By the operator; by nobody where there were more logins than are kept."""
    SESSIONS_ENDED = "sessions_ended"
    DEVICE_RENAMED = "device_renamed"
    DEVICE_SIGNED_OUT = "device_signed_out"
    RUN_STARTED = "run_started"
    RUN_PAUSED = "run_paused"
    RUN_RESUMED = "run_resumed"
    RUN_TAKEN_OVER = "run_taken_over"
    RUN_STOPPED = "run_stopped"
    RUN_PLANNED = "run_planned"
    PLAN_CHANGED = "plan_changed"
    PLAN_CANCELLED = "plan_cancelled"
    PLAN_NOT_STARTED = "plan_not_started"
    """Its time came and went, or it could not start."""
    BLOCKLIST_CLEARED = "blocklist_cleared"
    BLOCKLIST_REMOVED = "blocklist_removed"
    UNCERTAIN_RESOLVED = "uncertain_resolved"
    DO_NOT_CONTACT_ADDED = "do_not_contact_added"
    DO_NOT_CONTACT_REMOVED = "do_not_contact_removed"
