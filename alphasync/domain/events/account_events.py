"""Events about drafts, the blocklist and the list of uncertain recipients."""

from typing import ClassVar, Literal

from msgspec import UNSET, UnsetType

from alphasync.domain.drafts import Attachment
from alphasync.domain.events.base import Audience, LoggedEvent, ProfileEvent, Script
from alphasync.domain.runs import Totals


class MessageUpdated(ProfileEvent, frozen=True, kw_only=True):
    """A device typed: the whole text as it is now. It also goes to that device itself where the
    text was merged with others' and the device had not said what it was made from."""

    event_name = "messageUpdated"
    audience: ClassVar[Audience] = Audience.OTHERS
    message: str
    """The text."""
    caret: int | UnsetType = UNSET
    """Where in the text the change ends that the device made, in UTF-16 code units; absent where
    that is not known. With it one can tell which of two equal letters is new."""
    device_id: str
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""


class MessageCleared(ProfileEvent, frozen=True, kw_only=True):
    """A device emptied the text."""

    event_name = "messageCleared"
    audience: ClassVar[Audience] = Audience.OTHERS
    device_id: str
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""


class AttachmentsUpdated(ProfileEvent, frozen=True, kw_only=True):
    """A device changed what goes with a mail: the whole list as it is now."""

    event_name = "attachmentsUpdated"
    device_id: str
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""
    attachments: Script[list[Attachment]] = UNSET
    """What goes with the next mail, in this order."""


class BlocklistCleared(ProfileEvent, frozen=True, kw_only=True):
    """The list of who was messaged is empty: the next run messages everybody."""

    event_name = "blocklistCleared"
    device_id: str
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""
    deleted_count: Script[int] = UNSET
    """How many recipients were on it."""
    message: Script[str] = UNSET


class BlocklistRecipientRemoved(ProfileEvent, frozen=True, kw_only=True):
    """A recipient is not on the list of who was messaged any more: the next run messages them. Of
    one who may have been messaged `uncertainResolved` tells instead."""

    event_name = "blocklistRecipientRemoved"
    device_id: str
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""
    recipient_id: str
    """The gateway's id of the recipient."""
    count: Script[int] = UNSET
    """How many are on the list."""


class DoNotContactChanged(LoggedEvent, frozen=True, kw_only=True):
    """The account's do-not-contact list has changed: ask for it anew where it is shown."""

    event_name = "doNotContactChanged"
    device_id: str | UnsetType = UNSET
    """Absent where it was changed over HTTP."""
    operator_id: str
    """Who did it."""
    added: Script[int] = UNSET
    """How many recipients are on it now who were not."""
    removed: Script[int] = UNSET
    """How many are not on it any more."""
    count: Script[int] = UNSET
    """How many are on it."""


class SessionsEnded(LoggedEvent, frozen=True, kw_only=True):
    """Logins of an operator were ended: their devices are signed out now, and nobody comes back
    with their tokens. Ask for the list of sessions anew where it is shown."""

    event_name = "sessionsEnded"
    operator_id: str
    """Whose they are."""
    others: bool
    """Whether also the tokens are void that were made until then and not by a login here."""
    sessions: Script[list[str]] = UNSET
    """The ids of those that were ended."""


class UncertainResolved(ProfileEvent, frozen=True, kw_only=True):
    """Recipients who may have been messaged are so no longer: a person decided about them."""

    event_name = "uncertainResolved"
    device_id: str
    operator_id: str | UnsetType = UNSET
    """Who did it, in the account of a team; absent where one operator is the account."""
    action: Literal["resend", "leave"]
    """`resend`: the next run messages them; `leave`: they count as messaged."""
    answered: bool | UnsetType = UNSET
    """True: nobody decided, the gateway's answer came late, after another server had taken the run
    over; else absent."""
    count: Script[int] = UNSET
    """How many recipients that was."""
    current: int | UnsetType = UNSET
    """This and the others below: how far the run on record is by that, absent where there is none.
    Of its recipients those left are `sent` by now, and those to be sent to again leave `total`."""
    total: int | UnsetType = UNSET
    sent: int | UnsetType = UNSET
    skipped: int | UnsetType = UNSET
    failed: int | UnsetType = UNSET
    uncertain: int | UnsetType = UNSET
    cycle: int | UnsetType = UNSET
    """Of a continuous run: which cycle the counters are of, from 1 on; else absent."""
    next_cycle_at: int | UnsetType = UNSET
    """When the next cycle begins, in ms since the Unix epoch; absent while none is waited for."""
    totals: Totals | UnsetType = UNSET
    """Of a continuous run: what became of people in all its cycles; else absent."""
