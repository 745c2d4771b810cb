"""What the acknowledgement of a command says when it was carried out, besides ``ok``."""

from typing import NotRequired, TypedDict


class Done(TypedDict):
    """Nothing more."""


class RunStarted(TypedDict):
    """The run has begun: its events follow."""

    runId: str
    """Names this run, and no other of the profile and type."""
    startedAt: int
    """ms since the Unix epoch."""


class RunPreviewed(TypedDict):
    """Whom a start would message now. Each recipient is counted in one of the parts."""

    recipients: int
    """How many the gateway lists, each once."""
    toMessage: int
    """Those who would be messaged."""
    messagedBefore: int
    """Those on the blocklist who are not uncertain."""
    doNotContact: int
    """Those on the account's do-not-contact list, messaged before or not."""
    uncertain: int
    """Those who may have been messaged, and about whom nobody has decided."""
    unusable: int
    """Records by which nobody can be messaged, as one without an id: the run counts them as
    failed."""
    names: list[str]
    """The first who would be messaged, 10 at most: by their names, or else their ids."""


class RunsStopped(TypedDict):
    """All runs that the token may touch are stopped."""

    stopped: int
    """How many there were."""


class PlanMade(TypedDict):
    """The run is planned, and all devices are being told."""

    planId: str
    """Names the plan: `changePlan` and `cancelPlan` take it."""


class DraftStored(TypedDict):
    """The text is stored, perhaps merged with what others have typed; other devices are told."""

    revision: int
    """Of the draft as it is stored now: the `base` of the next text. A text with a later revision
    replaces it."""
    message: NotRequired[str]
    """The text that is stored; only where it is not the one that came, and that was not overtaken
    by a later one of the same device: `revision` is that one's then."""
    caret: NotRequired[int]
    """Where in `message` the change ends that came, in UTF-16 code units: what was typed on since
    goes there. Only with `message`, and where that is known."""
    replaced: NotRequired[str]
    """The text that was there before; only where this one took its place because what it was made
    from is not known any more: what was done to a draft is known for 30 minutes after the last
    stroke, and of at most about a thousand strokes. Offer it to the operator."""


class DraftEmptied(TypedDict):
    """The text is empty, and the other devices are being told."""

    revision: int
    """That of the event. A text with a later revision replaces it."""
    version: NotRequired[int]
    """The version that was kept of the text, by which `restoreVersion` takes the clearing back;
    absent where there was no text."""


class Version(TypedDict):
    """An earlier text of a draft."""

    version: int
    """Its number: the revision at which it was typed."""
    deviceId: str
    """Who typed it."""
    deviceName: str
    """How that device is called now; empty where it is not on record any more."""
    operatorId: str
    """Whose device it was."""
    at: int
    """When its last character was typed: ms since the Unix epoch."""
    length: int
    """Characters."""
    words: str
    """How it begins."""


class VersionsListed(TypedDict):
    """The versions that are kept. What the draft is now is none of them."""

    versions: list[Version]
    """Newest first."""


class VersionRead(TypedDict):
    """A version in full."""

    version: int
    """Its number."""
    message: str
    """The text."""


class VersionRestored(TypedDict):
    """The version is the draft's text, and the other devices are being told."""

    message: str
    """The text."""
    revision: int
    """That of the event."""


class Attached(TypedDict):
    """One picture, film or sound of a mail."""

    title: str
    """As the recipient sees it."""
    link: str
    """Where it is."""
    message_type: str
    """`SENT_IMAGE`, `SENT_VIDEO` or `SENT_AUDIO`."""
    id: NotRequired[str]
    """The gateway's id of it, where it was given."""


class AttachmentsStored(TypedDict):
    """The attachments are stored, and all devices are being told."""

    attachments: list[Attached]
    """As they are now: with what others have done to them."""
    revision: int
    """That of the event."""


class RunRead(TypedDict):
    """What a run sends to everybody."""

    runId: str
    """Which run it is."""
    startedAt: int
    """ms since the Unix epoch."""
    message: str
    """The text."""
    attachments: list[Attached]
    """Of a mail; empty where there are none."""


class DeviceRenamed(TypedDict):
    """The device goes by the new name."""

    name: str
    """As it stands on record."""


class BlocklistEmptied(TypedDict):
    """The list is empty."""

    deletedCount: int
    """How many recipients were on it."""


class BlocklistCounted(TypedDict):
    """How long the list is."""

    count: int
    """Recipients."""


class Messaged(TypedDict):
    """Somebody who was messaged, or may have been."""

    id: str
    """The gateway's id of the recipient."""
    at: int
    """When they were claimed, just before the message was sent: ms since the Unix epoch."""
    runId: str
    """The run that did it, one of `runs`; empty where that is not known any more."""


class StartedRun(TypedDict):
    """A run that messaged somebody."""

    id: str
    """As `startProcessing` gave it."""
    startedAt: int
    """ms since the Unix epoch."""
    operatorId: str
    """Who started it."""
    deviceId: str
    """On which device."""
    deviceName: str
    """What that device was called then; empty where nobody had named it."""


class BlocklistListed(TypedDict):
    """A page of the list."""

    recipients: list[Messaged]
    """Newest first, at most 100."""
    runs: list[StartedRun]
    """Those that messaged them. The last 500 starts of a profile and type are known, for as long as
    the list keeps its entries; a server of an earlier version notes none."""
    next: str | None
    """The `cursor` of the next page; null at the end. A search may give a page with nobody on it
    and a `next`: it goes on there."""
    count: int
    """How many are on the whole list."""


class BlocklistRemoved(TypedDict):
    """They are not on the list."""

    removed: bool
    """False: they were not on it."""
    count: int
    """How many are on it now."""


class NotContacted(TypedDict):
    """Somebody whom no run contacts."""

    id: str
    """The gateway's id of the recipient."""
    at: int
    """Since when: ms since the Unix epoch."""
    operatorId: str
    """Who added them; empty where that is not known any more."""
    note: str
    """Why, in that person's words; or empty."""


class DoNotContactListed(TypedDict):
    """A page of the list."""

    recipients: list[NotContacted]
    """Newest first, at most 100."""
    next: str | None
    """The `cursor` of the next page; null at the end. A search may give a page with nobody on it
    and a `next`: it goes on there."""
    count: int
    """How many are on the whole list."""


class DoNotContactAdded(TypedDict):
    """They are on the list."""

    added: bool
    """False: they were on it already, and nothing has changed."""
    count: int
    """How many are on it now."""


class DoNotContactRemoved(TypedDict):
    """They are not on the list."""

    removed: bool
    """False: they were not on it."""
    count: int
    """How many are on it now."""


class Undecided(TypedDict):
    """Somebody who may have been messaged."""

    id: str
    """The gateway's id of the recipient."""
    name: str
    """Empty where the gateway gives none."""
    reason: NotRequired[str]
    """What went wrong, where that is known."""
    at: NotRequired[int]
    """When: ms since the Unix epoch; absent of one whom an earlier version listed."""


class Unsent(TypedDict):
    """Somebody who could not be messaged."""

    id: str
    """The gateway's id of the recipient."""
    name: str
    """Empty where the gateway gives none."""
    reason: NotRequired[str]
    """Why, as the gateway says; absent where it does not."""
    at: NotRequired[int]
    """When: ms since the Unix epoch."""


class FailedListed(TypedDict):
    """Who could not be messaged."""

    recipients: list[Unsent]
    """At most 100, those who failed last first."""
    named: int
    """How many there are on all pages: `startProcessing {only: "failed"}` tries them again."""
    unnamed: int
    """How many more could not be messaged: those beyond `FAILED_LISTED_PER_RUN`, and those without
    an id that can be used."""
    cursor: NotRequired[int]
    """For the next page; absent with the last one."""


class UncertainListed(TypedDict):
    """Who may have been messaged."""

    recipients: list[Undecided]
    """At most 100, in no order. While it is decided about some, others may come twice."""
    more: int
    """How many there are besides these."""
    cursor: NotRequired[str]
    """For the next page; absent with the last one."""


class UncertainDecided(TypedDict):
    """It is decided."""

    count: int
    """About how many recipients."""
