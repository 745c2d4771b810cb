"""Keys that go together, as scripts take them."""

from typing import NamedTuple

from alphasync.domain.runs import ProcessingType
from alphasync.store.keys import ProfileKeys, of_account, trial


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


class DuePlanKeys(PlanKeys):
    """Those of a planned run, and of the login that it is to be sent with, or '' for none."""

    __slots__ = ("sign_in", "signin")

    def __init__(
        self, account: str, type_: ProcessingType, profile: str, plan_id: str, sign_in: str
    ) -> None:
        super().__init__(account, type_, profile, plan_id)
        self.sign_in = sign_in
        self.signin = of_account(account).signin(sign_in)


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


class WebhookKeys(NamedTuple):
    """Of a webhook, or of none in particular, and of what all of its account have in common."""

    webhooks: str
    webhook: str
    tries: str
    outbox: str
    sender: str
    record: str
    devices: str


def of_webhook(account: str, id_: str = "") -> WebhookKeys:
    names = of_account(account)
    return WebhookKeys(
        webhooks=names.webhooks,
        webhook=names.webhook(id_),
        tries=f"{names.webhooks}:tries:{id_}",
        outbox=f"{names.webhooks}:outbox",
        sender=f"{names.webhooks}:sender",
        record=names.record,
        devices=names.devices,
    )


class NewWebhookKeys(NamedTuple):
    """Of a webhook that is made, and of the login that it is made with."""

    webhooks: str
    webhook: str
    outbox: str
    record: str
    devices: str
    signin: str
    sign_in: str
    """That login, or ''."""
    signed_out: str


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


class RenewedLeaseKeys(NamedTuple):
    """Those, and of what else is asked with a renewal."""

    leases: str
    holdings: str
    plans: str
    webhooks: str
    tide: str


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
