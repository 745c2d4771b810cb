"""What the scripts are given as constants: how much, how many, and for how long."""

import msgspec

LOG_EVENTS_MAX = 512
"""Events kept per account: minutes of typing on several devices, about 200 KB at most times."""
LOG_CUT_EVERY = 16
"""Events after which what is beyond that is cut off: as many more there may be meanwhile."""
RENEWED_SHARE = 1 / 8
"""Of a lifetime. What is written often is given its life anew only when so much of it is over, and
so much longer: to do so at each key stroke was a tenth of what that took."""
LOG_TTL = 10 * 60
"""Seconds. A device away for longer gets a snapshot."""
META_TTL = 26 * 3600
"""Seconds, or an hour more than a run or a draft is kept: longer than any state that carries a
revision, so that revisions only ever grow."""
RUNNING_TTL = 25 * 3600
"""Seconds that a run which has not ended is on record without a server to go on with it: whoever
pauses one for the night, and has all servers down meanwhile, finds it in the morning."""
RUN_RENEWED = 15 * 60
"""Seconds after which a step has its run live on, which is so much longer: less than META_TTL is
ahead of it."""
SENT_RENEWED = 3600
"""Seconds after which a claim has the tally of a blocklist say anew for how long it has entries."""

REVISION_JUMP = 1_000_000
"""How far the revision of a new log is ahead of what is known of the old one: farther than anything
that a failover can have lost. A fencing token is a revision, and none is ever given twice."""
REFUSALS_TTL = 3600
"""Seconds in which refusals of the same are counted together."""
PLAN_TTL = 32 * 86400
"""Seconds. Longer than a plan is ahead, and may be late."""
RETRY_TTL = 30 * 60
"""Seconds that what a join was answered is known, for whoever asks again."""
DEVICE_EVENTS_MAX = 10
"""Events about who is here that an account gets in one ``DEVICE_EVENTS_INTERVAL``: people come one
by one, and a server that dies loses hundreds. What is over that is told at once, as one list."""
DEVICE_EVENTS_INTERVAL = 1.0
"""Seconds."""
DEVICE_LISTED_INTERVAL = 0.02
"""Seconds from one whole list to the next for each device on it: a long one goes to many devices,
so that all of them together get no more than a few MB a second."""
TRIES_MAX = 64
"""Devices of one token that a script looks at."""
PAGE_RECORDS_MAX = 64
"""Runs and drafts that one script reads: no script may run for more than 5 ms."""
PAGE_BYTES_MAX = 64 * 1024
"""Bytes of them, or of events, from which it reads no further."""
EDITS_READ_MAX = 64
"""Edits of a draft that are read at once; and those before a text's base among which one looks for
what its device wrote last."""
EDITS_BYTES_MAX = 96 * 1024
"""Bytes of edits that are kept of a draft: about a thousand keys, or a text of the greatest length
that was replaced three times. A script reads a thousand of them in about 4 ms."""
EDIT_OVERHEAD = 96
"""Bytes that an edit takes besides what was taken away and sent."""
EDITS_TTL = 30 * 60
"""Seconds after the last edit: a phone without a line for so long still gets its text merged."""
ANSWERS_TTL = 86400.0
"""Seconds for which a call with an idempotency key is told the same."""
ANSWER_TIMEOUT = 120.0
"""Seconds after which one without an answer is taken for lost with its server: a preview is none of
these, and nothing else takes so long."""
PAGE_ENDS_MAX = 32
"""Runs that one script ends, and uncertain recipients that it sees to: a run takes as much to be
kept in the history as to be ended."""
PAGE_PRUNED_MAX = 1_000
"""Entries of a blocklist that one script drops."""
PAGE_SEARCHED_MAX = 1_000
"""Entries of a list that one script looks through for a part of an id: about 2 ms."""
STARTS_MAX = 500
"""Starts of runs that are kept of a profile and type, of about 150 bytes: by them one says which
run messaged whom."""
UNCERTAIN_LISTED_MAX = 100
"""Uncertain recipients of one event or answer."""
UNCERTAIN_BYTES_MAX = 16 * 1024
"""Bytes of them."""
HISTORY_SEARCHED_MAX = 1_000
"""Runs of the history that one script looks at: about a millisecond."""
HISTORY_RENEWED = 86400
"""Seconds after which a run that ends has the history live on: it lives for so much longer."""
HISTORY_DROPPED_MAX = 8
"""Runs of the history that may go with each that comes: where a bound was lowered, they go bit by
bit."""
HISTORY_UNCERTAIN_MAX = 1_000
"""Uncertain recipients that are kept of a run in the history."""
HISTORY_WORDS_MAX = 160
"""Bytes of the beginning of a run's text, by which a person knows it again."""
HISTORY_OVERHEAD = 1_000
"""Bytes that a run of the history takes besides its text and recipients, about."""
HISTORY_PERSON = 200
"""Bytes that a recipient of it takes who could not be messaged, or perhaps was, about."""
ANALYTICS_REASON_MAX = 120
"""Bytes of the reason why somebody could not be messaged, or of a device's name, by which figures
tell them apart."""
ANALYTICS_REASONS_MAX = 20
"""Reasons of one run that are told apart between two moments at which its figures are carried over.
"""
WEBHOOK_WAITING_MAX = 1_000
"""What waits for the webhooks of an account: about 700 KB. With more the oldest go."""
WEBHOOK_ASKED_MAX = 5
"""What waits for one webhook alone, trials and what is sent once more: a small part of the above,
so that nothing is pushed out that is for others."""
WEBHOOK_WAITING_TTL = 2 * 86400
"""Seconds. Longer than one is tried."""
AUDIT_SEARCHED_MAX = 100
"""Entries of an account's record that one script looks at."""
FAILED_PAGE_MAX = 100
"""Recipients of one answer who could not be messaged."""
FAILED_TTL = 24 * 3600
"""Seconds that these are listed after the last one, or as long as a run is on record, if that is
longer: who comes back the next morning can still try again."""

VERSION_PAUSE = 5
"""Seconds without a key stroke after which a version of a draft has ended."""
VERSION_WORDS_MAX = 160
"""Bytes of a version's beginning, by which a person knows it again."""
VERSION_OVERHEAD = 512
"""Bytes that a version takes besides its text: its head, and what Redis needs for it."""
VERSIONS_DROPPED_MAX = 64
"""Versions that one script drops to make room for a new one."""


class Lifetimes(msgspec.Struct, frozen=True):
    """How long state lives, in seconds, and how much is kept of what lives longest."""

    lock: float = 1800
    run: float = 3600
    draft: float = 7200
    device: float = 7200
    sent: float = 30 * 86400
    audit: float = 180 * 86400
    audit_max: int = 20_000
    """Entries of an account's record; 0 for none."""
    history: float = 90 * 86400
    history_max: int = 50_000
    """Runs of an account's history; 0 for none."""
    history_bytes: int = 64_000_000
    """Bytes of it, about."""
    analytics: float = 370 * 86400
    analytics_names: int = 1_000
    """Names of a day that an account's figures tell apart."""
