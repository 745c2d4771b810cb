"""The names of all keys and channels. Every key of an account carries its hash tag.

key (under ``as:{account}:``)      type    lifetime
``meta``                           hash    26 h or more after the last event or run: epoch, revision
``log``                            stream  minutes after the last event
``lock:<type>:<profile>``          hash    30 min, renewed while the run lives
``run:<type>:<profile>``           hash    1 h after the last change; 25 h until it ends
``draft:<type>:<profile>``         hash    2 h after the last change
``drafts:heads:<type>:<profile>``  zset    as their draft: its versions, by revision
``drafts:texts:<type>:<profile>``  hash    the same: the texts of them
``drafts:edits:<type>:<profile>``  stream  30 min: what was done to its text, by revision
``drafts:versions``                zset    the same: drafts with versions, by when these run out
``drafts:bytes``                   hash    the same: what the versions of each draft take
``device:<id>``                    hash    2 h after the last sign of life
``devices:missing:<token>``        zset    2 h: those of a token that are away, by when that ends
``devices:new:<token>``            zset    30 min: those that came with it and were taken for new
``devices:roster``                 hash    2 h after the last sign of life: who is here
``devices:told``                   hash    the same: how much was told of that lately
``sent:<type>:<profile>``          zset    30 days after the last recipient; an entry by its score
``starts:<type>:<profile>``        zset    30 days after the last start: the last runs, by start
``tally:<type>:<profile>``         hash    as the list of those sent: until when it has entries
``uncertain:<type>:<profile>``     hash    30 days after the last one: recipient to name, when, why
``failed:<type>:<profile>``        zset    a day: who could not be messaged, by time
``reasons:<type>:<profile>``       hash    the same: recipient to name, when, run, why
``never``                          zset    none: who is not to be contacted, until a person decides
``never:notes``                    hash    none: by whom each of these was added, and why
``pushes``                         hash    `PUSH_TTL` after the last: how devices are reached
``audit``                          stream  `AUDIT_TTL` after the last entry: who did what
``history``                        zset    `HISTORY_TTL` and a day after the last of its runs
``history:runs``                   hash    the same: run id to what is known of it
``history:texts``                  hash    the same: run id to its text
``history:kept``                   hash    the same: how much that is
``history:failed:<id>``            hash    `HISTORY_TTL`: whom a run could not message
``history:uncertain:<id>``         hash    the same: whom it has perhaps messaged
``analytics``                      hash    `ANALYTICS_TTL` after the last figure: day to its figures
``analytics:today``                hash    the same: those of the present day, by the hour
``analytics:open``                 hash    25 h: run id to what of it is among the figures already
``analytics:why:<id>``             hash    the same: why a run could not message whom, not yet there
``refused:<operator>``             hash    an hour from the first: how often what was refused
``answers``                        hash    a day from the last: what calls with a key were answered
``answers:times``                  zset    the same: the keys of these, by when they came
``plan:<type>:<id>:<profile>``     hash    32 days after the last change: a run to be started
``runs``, ``drafts``, ``devices``  zset    as the longest-living key they name
``runs:running``                   zset    as a run's record: those that are running, by their start
``runs:planned``                   zset    as a plan: those of the account
``signin:<id>``                    hash    as its token, and an hour: what a login got; a service
                                           token until it ends, or without end, until it is revoked
``signins:<operator>``             zset    30 days after the last login: the operator's, by time
``signins``                        zset    the same: those of all operators
``tokens``                         zset    none: the service tokens, until a person revokes them
``webhooks``                       zset    none: the webhooks, until a person removes them
``webhook:<id>``                   hash    the same: where it is, and what it has been told
``webhooks:outbox``                stream  2 days after the last entry: what they are to be told
``webhooks:tries:<id>``            stream  30 days after the last: the last attempts to tell it
``webhooks:sender``                string  30 s, renewed: the server that tells them
``signouts:<operator>``            hash    30 days and a token: when logins ended, and other tokens
``upstream:<operator>``            string  9 h; of an earlier version: the gateway token, encrypted

key outside any account            type    lifetime
``as:handle:<hash>``               string  9 h; of an earlier version: whose the handle is
``as:jwks:<hash>``                 string  30 days after it was read: the key set of JWT_JWKS
``as:{logins}:<kind>:<hash>``      string  the window of the login limits; of ``known`` 30 days
``as:{logins}:whose:<hash>``       hash    30 days after a login: of which account an e-mail is
``as:{replicas}:leases``           zset    a day after the last server: until when each lives
``as:{replicas}:of:<server>``      set     the same: the runs and devices that a server holds
``as:{replicas}:plans``              zset    33 days after the last: all plans, by when to look
``as:{replicas}:webhooks``           zset    none: accounts with webhooks, by when to look
``as:{replicas}:terms``             hash    the same: settings that all must agree on
``as:replica:<name>``              string  3 min, renewed: where the other servers reach it
``as:{<tag>}:try:<kind>``          each    gone at once: what a server may do is tried on them
``as:{replicas}:tide``             string  none: one number, of one Redis (tide.py)
``as:{replicas}:lineage``          string  none: the same
``as:mark``                        string  none: one key, of the embedded Valkey (continuity.py)

Profile ids stand at the end of a key, so that no character in one can reach another key.
"""

from functools import lru_cache

from alphasync.domain.runs import ProcessingType

NAMES_KEPT_MAX = 1024
"""Accounts, and profiles of a type, whose keys are kept: some 3 MB, and of the longest ids a client
can make up for profiles 10. To make them anew takes a fiftieth of what a key stroke takes."""
CHANNEL_PREFIX = "as:events:"
PROBE_PREFIX = "as:probe:"
SHARDED = (CHANNEL_PREFIX, PROBE_PREFIX)
"""In a cluster, channels that begin so are in one slot, as keys are; all others are everywhere."""


class AccountKeys:
    """Keys of one account."""

    __slots__ = (
        *("account", "analytics", "answer_times", "answers", "channel", "devices", "drafts"),
        *("history", "log", "meta", "never", "never_notes", "prefix", "pushes", "record", "runs"),
        *("tokens", "webhooks"),
    )

    def __init__(self, account: str) -> None:
        self.account = account
        self.prefix = prefix = f"as:{{{account}}}:"
        self.meta = prefix + "meta"
        self.log = prefix + "log"
        self.runs = prefix + "runs"
        self.drafts = prefix + "drafts"
        self.devices = prefix + "devices"
        self.never = prefix + "never"
        self.never_notes = prefix + "never:notes"
        self.record = prefix + "audit"
        self.pushes = prefix + "pushes"
        self.tokens = prefix + "tokens"
        self.history = prefix + "history"
        self.analytics = prefix + "analytics"
        self.webhooks = prefix + "webhooks"
        self.answers = prefix + "answers"
        self.answer_times = prefix + "answers:times"
        self.channel = channel_of(account)

    def lock(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}lock:{type_}:{profile}"

    def run(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}run:{type_}:{profile}"

    def plan(self, type_: ProcessingType, plan_id: str, profile: str) -> str:
        return f"{self.prefix}plan:{type_}:{plan_id}:{profile}"

    def draft(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}draft:{type_}:{profile}"

    def sent(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}sent:{type_}:{profile}"

    def starts(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}starts:{type_}:{profile}"

    def tally(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}tally:{type_}:{profile}"

    def uncertain(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}uncertain:{type_}:{profile}"

    def failed(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}failed:{type_}:{profile}"

    def reasons(self, type_: ProcessingType, profile: str) -> str:
        return f"{self.prefix}reasons:{type_}:{profile}"

    def device(self, device_id: str) -> str:
        return f"{self.prefix}device:{device_id}"

    def signin(self, sid: str) -> str:
        return f"{self.prefix}signin:{sid}"

    def webhook(self, id_: str) -> str:
        return f"{self.prefix}webhook:{id_}"

    def signins(self, operator_id: str) -> str:
        return f"{self.prefix}signins:{operator_id}"

    @property
    def all_signins(self) -> str:
        return f"{self.prefix}signins"

    def signed_out(self, operator_id: str) -> str:
        return f"{self.prefix}signouts:{operator_id}"

    @property
    def history_runs(self) -> str:
        return f"{self.history}:runs"

    @property
    def history_texts(self) -> str:
        return f"{self.history}:texts"

    def history_failed(self, run_id: str) -> str:
        return f"{self.history}:failed:{run_id}"

    def history_uncertain(self, run_id: str) -> str:
        return f"{self.history}:uncertain:{run_id}"

    def refused(self, operator_id: str) -> str:
        return f"{self.prefix}refused:{operator_id}"

    def upstream(self, operator_id: str) -> str:
        return f"{self.prefix}upstream:{operator_id}"


@lru_cache(maxsize=NAMES_KEPT_MAX)
def of_account(account: str) -> AccountKeys:
    """The keys of an account; the busy ones are kept."""
    return AccountKeys(account)


class ProfileKeys:
    """Keys of a profile and type, and those of its account that are needed with them."""

    __slots__ = (
        *("channel", "devices", "draft", "drafts", "failed", "lock", "log", "meta", "never"),
        *("never_notes", "profile", "reasons", "record", "run", "runs", "sent", "starts", "tally"),
        *("type", "uncertain"),
    )

    def __init__(self, account: AccountKeys, type_: ProcessingType, profile: str) -> None:
        self.type = type_
        self.profile = profile
        self.channel = account.channel
        self.meta = account.meta
        self.log = account.log
        self.runs = account.runs
        self.drafts = account.drafts
        self.devices = account.devices
        self.never = account.never
        self.never_notes = account.never_notes
        self.record = account.record
        self.lock = account.lock(type_, profile)
        self.run = account.run(type_, profile)
        self.draft = account.draft(type_, profile)
        self.sent = account.sent(type_, profile)
        self.starts = account.starts(type_, profile)
        self.tally = account.tally(type_, profile)
        self.uncertain = account.uncertain(type_, profile)
        self.failed = account.failed(type_, profile)
        self.reasons = account.reasons(type_, profile)


@lru_cache(maxsize=NAMES_KEPT_MAX)
def of_profile(account: str, type_: ProcessingType, profile: str) -> ProfileKeys:
    """The keys of a profile and type; the busy ones are kept."""
    return ProfileKeys(of_account(account), type_, profile)


def channel_of(account: str) -> str:
    return f"{CHANNEL_PREFIX}{{{account}}}"


def probe(tag: str, name: str) -> str:
    """A channel for a server to hear itself on, where the channels with this tag are."""
    return f"{PROBE_PREFIX}{{{tag}}}:{name}"


ALL_METAS = "as:{*}:meta"
"""A pattern: each account's, and whatever else ends so."""
MARK = "as:mark"

LEASES = "as:{replicas}:leases"

PLANS = "as:{replicas}:plans"

WEBHOOKS = "as:{replicas}:webhooks"

TERMS = "as:{replicas}:terms"

TIDE = "as:{replicas}:tide"

LINEAGE = "as:{replicas}:lineage"


def holdings(server: str) -> str:
    return f"as:{{replicas}}:of:{server}"


def trial(tag: str) -> str:
    """The beginning of keys to try out rights on, where the keys with this tag are."""
    return f"as:{{{tag}}}:try:"


def server(name: str) -> str:
    return f"as:replica:{name}"


def console(build: str) -> str:
    return f"as:console:{build}"


def key_set(digest: str) -> str:
    return f"as:jwks:{digest}"


def handle(digest: str) -> str:
    return f"as:handle:{digest}"


def tries(kind: str, digest: str) -> str:
    return f"as:{{logins}}:{kind}:{digest}"
