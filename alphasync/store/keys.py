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
``as:{replicas}:terms``             hash    the same: settings that all must agree on
``as:replica:<name>``              string  30 s, renewed: where the other servers reach it
``as:{<tag>}:try:<kind>``          each    gone at once: what a server may do is tried on them
``as:{replicas}:tide``             string  none: one number, of one Redis (tide.py)
``as:{replicas}:lineage``          string  none: the same
``as:mark``                        string  none: one key, of the embedded Valkey (continuity.py)

Profile ids stand at the end of a key, so that no character in one can reach another key.
"""

from functools import lru_cache
from typing import NamedTuple

from alphasync.domain.runs import ProcessingType

CHANNEL_PREFIX = "as:events:"
PROBE_PREFIX = "as:probe:"
SHARDED = (CHANNEL_PREFIX, PROBE_PREFIX)
"""In a cluster, channels that begin so are in one slot, as keys are; all others are everywhere."""


class AccountKeys:
    """Keys of one account."""

    __slots__ = (
        *("account", "answer_times", "answers", "channel", "devices", "drafts", "history", "log"),
        *("meta", "never", "never_notes", "prefix", "pushes", "record", "runs", "tokens"),
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


@lru_cache(maxsize=4096)
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


@lru_cache(maxsize=4096)
def of_profile(account: str, type_: ProcessingType, profile: str) -> ProfileKeys:
    """The keys of a profile and type; the busy ones are kept."""
    return ProfileKeys(of_account(account), type_, profile)


class PlanKeys(ProfileKeys):
    """Those of a profile and type, and of a planned run of it. ``plan_id``: of a fixed form."""

    __slots__ = ("plan", "plan_id")

    def __init__(self, account: str, type_: ProcessingType, profile: str, plan_id: str) -> None:
        super().__init__(of_account(account), type_, profile)
        self.plan_id = plan_id
        self.plan = of_account(account).plan(type_, plan_id, profile)


class StartKeys(ProfileKeys):
    """Those of a profile and type, and of what the token stands for with which a run of it is
    started or taken over."""

    __slots__ = ("sign_in", "signed_out", "signin")

    def __init__(
        self, account: str, type_: ProcessingType, profile: str, operator_id: str, sign_in: str
    ) -> None:
        names = of_account(account)
        super().__init__(names, type_, profile)
        self.sign_in = sign_in
        self.signin = names.signin(sign_in)
        self.signed_out = names.signed_out(operator_id)


class NewPlanKeys(PlanKeys):
    """Those of a planned run, and of what the token stands for with which it is planned."""

    __slots__ = ("sign_in", "signed_out", "signin")

    def __init__(
        self,
        account: str,
        type_: ProcessingType,
        profile: str,
        plan_id: str,
        operator_id: str,
        sign_in: str,
    ) -> None:
        super().__init__(account, type_, profile, plan_id)
        names = of_account(account)
        self.sign_in = sign_in
        self.signin = names.signin(sign_in)
        self.signed_out = names.signed_out(operator_id)


class DraftKeys(NamedTuple):
    """Those of a draft and its versions."""

    draft: str
    drafts: str
    devices: str


def of_draft(account: str, type_: ProcessingType, profile: str) -> DraftKeys:
    names = of_account(account)
    return DraftKeys(names.draft(type_, profile), names.drafts, names.devices)


class AdoptedRunKeys(ProfileKeys):
    """Those of a profile and type, and of the device that runs it."""

    __slots__ = ("device",)

    def __init__(self, account: str, type_: ProcessingType, profile: str, device_id: str) -> None:
        super().__init__(of_account(account), type_, profile)
        self.device = of_account(account).device(device_id)


class DeviceKeys:
    """Keys of a device, and those of its account that are needed with them."""

    __slots__ = ("channel", "device", "device_id", "devices", "drafts", "log", "meta", "runs")

    def __init__(self, account: str, device_id: str) -> None:
        names = of_account(account)
        self.device_id = device_id
        self.device = names.device(device_id)
        self.channel = names.channel
        self.meta = names.meta
        self.log = names.log
        self.devices = names.devices
        self.runs = names.runs
        self.drafts = names.drafts


class JoinKeys(DeviceKeys):
    """Those of a device, and of what its token stands for."""

    __slots__ = ("sign_in", "signed_out", "signin")

    def __init__(self, account: str, device_id: str, operator_id: str, sign_in: str) -> None:
        super().__init__(account, device_id)
        names = of_account(account)
        self.sign_in = sign_in
        self.signin = names.signin(sign_in)
        self.signed_out = names.signed_out(operator_id)


class SignInKeys(NamedTuple):
    """Of what one login got."""

    signin: str


class OperatorKeys(NamedTuple):
    """Of what one login got, and of all of its operator and its account."""

    signin: str
    signins: str
    all_signins: str
    record: str


def of_sign_in(account: str, operator_id: str, sign_in: str) -> OperatorKeys:
    names = of_account(account)
    return OperatorKeys(
        names.signin(sign_in), names.signins(operator_id), names.all_signins, names.record
    )


class RefusalKeys(NamedTuple):
    """Of what an operator was refused, and of the record that says so."""

    record: str
    devices: str
    refusals: str


def of_refusals(account: str, operator_id: str) -> RefusalKeys:
    names = of_account(account)
    return RefusalKeys(names.record, names.devices, names.refused(operator_id))


class TokenKeys(NamedTuple):
    """Of what a token stands for. ``sign_in``: its login, or ''."""

    signin: str
    signed_out: str
    sign_in: str


class ListedSignInKeys(NamedTuple):
    """Of logins that are listed, and of the devices that they came with."""

    signins: str
    devices: str


class EndingKeys(NamedTuple):
    """Of the logins of an operator, and of what ends with them."""

    channel: str
    meta: str
    log: str
    runs: str
    signins: str
    all_signins: str
    signed_out: str
    record: str
    devices: str


class NewTokenKeys(NamedTuple):
    """Of a service token that is made, and of the login that it is made with."""

    signin: str
    tokens: str
    maker: str
    sign_in: str
    """That login, or ''."""
    signed_out: str
    record: str
    devices: str


class RevokedKeys(NamedTuple):
    """Of a service token, and of what ends with it."""

    channel: str
    meta: str
    log: str
    runs: str
    signin: str
    tokens: str
    signed_out: str
    record: str
    devices: str


class LoginKeys(NamedTuple):
    """Of the tries to log in."""

    pair: str
    account: str
    address: str
    overall: str
    known: str
    whose: str


class LeaseKeys(NamedTuple):
    """Of the leases, and of what one server holds."""

    leases: str
    holdings: str


class AdoptedLeaseKeys(NamedTuple):
    """Those of the leases, and of what a dead server held."""

    leases: str
    holdings: str
    dead_holdings: str


class DueKeys(NamedTuple):
    """Of the notes of all plans."""

    due: str


class TermKeys(NamedTuple):
    """Of the settings that all servers must agree on, and of which of them live."""

    leases: str
    terms: str


class TrialKeys(NamedTuple):
    """What a server tries its rights on: one key of each type."""

    text: str
    hash: str
    members: str
    scores: str
    stream: str


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

TERMS = "as:{replicas}:terms"

TIDE = "as:{replicas}:tide"

LINEAGE = "as:{replicas}:lineage"


def holdings(server: str) -> str:
    return f"as:{{replicas}}:of:{server}"


def trial(tag: str) -> str:
    """The beginning of keys to try out rights on, where the keys with this tag are."""
    return f"as:{{{tag}}}:try:"


def trial_keys(tag: str) -> TrialKeys:
    """What rights are tried on within scripts."""
    prefix = trial(tag)
    return TrialKeys(
        text=prefix + "text",
        hash=prefix + "hash",
        members=prefix + "members",
        scores=prefix + "scores",
        stream=prefix + "stream",
    )


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
