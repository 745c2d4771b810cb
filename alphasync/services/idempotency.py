"""The idempotency key of a message: under the same one the gateway messages nobody twice.

It is a digest of fixed length in ASCII, whatever the ids are made of: a header keeps neither what
is outside ASCII nor white space at its ends.

Runs that were planned by an earlier version sent their messages under ``<run id>:<recipient id>``.
What such a run has in flight when it is taken over may have arrived under that key, and is asked
for again under that key only; everybody after them gets one of the present form. An earlier version
that takes over a run of the present form does not know ``DIGEST_KEYS`` for an honoured key, and
lists the recipient in flight as uncertain.
"""

import hashlib

import msgspec

from alphasync.services.runs import Ticket

DIGEST_KEYS = "digest"
"""On a run's record: keys are honoured, and are digests."""
FORMER_KEYS = "1"
"""On a run's record: keys are honoured, and are of the former form."""


def idempotency_key(ticket: Ticket, recipient: str, cycle: int = 1) -> str:
    """64 hexadecimal digits: the same for each try of this run at this recipient, and else none.

    Of a continuous run each ``cycle`` has others: whom it tries again was refused, or may be
    messaged again since somebody cleared the blocklist.
    """
    parts: tuple[str, ...] = (ticket.account, ticket.profile, ticket.type, ticket.run_id, recipient)
    if cycle > 1:
        parts = (*parts, str(cycle))
    # As JSON, so that no two lists of parts make the same bytes.
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def former_key(ticket: Ticket, recipient: str) -> str | None:
    """The key of an earlier version; None where it was none, or on the wire somebody else's."""
    if not (recipient.isascii() and recipient.isprintable()) or recipient != recipient.strip():
        return None
    return f"{ticket.run_id}:{recipient}"
