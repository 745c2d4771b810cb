"""What each action writes on the account's record: one entry, by the script that carries it out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest

from alphasync.domain.audit import Action
from alphasync.domain.plans import Plan
from alphasync.domain.roles import Role
from alphasync.services.audit import Filters
from alphasync.services.progress import Outcome
from alphasync.services.service_tokens import Made
from alphasync.services.webhooks import EVENTS
from tests.scripts.backends import make, tokens_of
from tests.scripts.bench import Bench, identity
from tests.scripts.deeds import became
from tests.scripts.hooking import webhooks_of
from tests.scripts.planning import HOUR, Planner
from tests.scripts.test_run_pause import pause, resume
from tests.scripts.test_run_take import take


@dataclass
class Scene:
    """Operator 1 with two devices; what the actions are done to is made by ``begin``."""

    bench: Bench
    planner: Planner
    desk: str
    phone: str
    plan: Plan | None = None
    token: Made | None = None
    hook: str = ""

    def planned(self) -> Plan:
        assert self.plan is not None
        return self.plan


Step = Callable[[Scene], Awaitable[object]]


async def nothing(_scene: Scene) -> None: ...


async def running(scene: Scene) -> None:
    await scene.bench.start(device=scene.phone)


async def paused(scene: Scene) -> None:
    await running(scene)
    await pause(scene.bench, scene.desk)


async def doubtful(scene: Scene) -> None:
    ticket = await scene.bench.start(device=scene.phone)
    claimed = await scene.bench.claim(ticket, 1, "recipient-1")
    await scene.bench.progress.step(ticket, 2, became(claimed, Outcome.UNCERTAIN))
    await scene.bench.stop()


async def messaged(scene: Scene) -> None:
    ticket = await scene.bench.start(device=scene.phone)
    claimed = await scene.bench.claim(ticket, 1, "recipient-1")
    await scene.bench.progress.complete(ticket, became(claimed, Outcome.SENT))


async def planned(scene: Scene) -> None:
    scene.plan = await scene.planner.plan(scene.desk)


async def due(scene: Scene) -> None:
    await planned(scene)
    await scene.planner.comes(scene.planned())


async def long_due(scene: Scene) -> None:
    await planned(scene)
    await scene.planner.comes(scene.planned(), late=scene.planned().latest + HOUR)


async def avoided(scene: Scene) -> None:
    await scene.bench.avoid("recipient-1")


async def come(scene: Scene) -> None:
    scene.bench.who = scene.bench.come_with(await scene.bench.sign_in())


async def administers(scene: Scene) -> None:
    """The phone is another operator's."""
    theirs = msgspec.structs.replace(scene.bench.who, operator_id="2")
    scene.phone = (await scene.bench.devices.join(theirs, "s3", "phone")).device_id
    scene.bench.who = msgspec.structs.replace(scene.bench.who, role=Role.ADMIN)


async def due_without_login(scene: Scene) -> None:
    await come(scene)
    await due(scene)
    await scene.bench.client.delete(scene.bench.names.signin(scene.bench.who.sign_in))


async def stop_all(scene: Scene) -> None:
    await scene.bench.runs.stop_all(scene.bench.who, scene.desk)


async def token(scene: Scene) -> None:
    scene.token = await make(scene.bench, msgspec.structs.replace(scene.bench.who, role=Role.ADMIN))


async def revoke(scene: Scene) -> None:
    assert scene.token is not None
    await tokens_of(scene.bench).revoke(scene.bench.who, scene.token.id)


async def hook(scene: Scene) -> None:
    url = "https://hook.example.com/secret-text"
    scene.hook = (await webhooks_of(scene.bench).make(scene.bench.who, url, EVENTS)).id


async def unhook(scene: Scene) -> None:
    await webhooks_of(scene.bench).remove(scene.bench.who, scene.hook)


async def switch_off(scene: Scene) -> None:
    for _ in range(2):
        await webhooks_of(scene.bench).switch(scene.bench.who, scene.hook, enabled=False)


async def ping(scene: Scene) -> None:
    await webhooks_of(scene.bench).ping(scene.bench.who, scene.hook)


CHAT = {"profile": "1001", "type": "chat"}
RUN = {**CHAT, "target": "1"}
PLAN = {**CHAT, "target": "1"}
HOST = {"detail": "hook.example.com"}
NOBODY = {"operator": "", "session": "", "device": ""}

ACTIONS: list[tuple[Action, Step, Step, dict[str, str]]] = [
    (Action.SIGNED_IN, nothing, come, {}),
    (Action.SIGNED_OUT, come, lambda s: s.bench.endings.leave(s.bench.who), {"target": "1"}),
    (
        Action.SESSIONS_ENDED,
        come,
        lambda s: s.bench.endings.end_all(s.bench.who, this_one=True),
        {"target": "1", "count": "1"},
    ),
    (
        Action.DEVICE_RENAMED,
        administers,
        lambda s: s.bench.rename("kitchen", s.phone),
        {"target": "2", "detail": "kitchen"},
    ),
    (
        Action.DEVICE_SIGNED_OUT,
        nothing,
        lambda s: s.bench.sign_out(s.phone),
        {"target": "1", "detail": "phone"},
    ),
    (Action.TOKEN_MADE, come, token, {"target": "1", "detail": "backend"}),
    (Action.TOKEN_REVOKED, token, revoke, {"target": "1", "detail": "backend"}),
    (Action.RUN_STARTED, nothing, running, CHAT),
    (Action.RUN_STARTED, due, lambda s: s.planner.due.look(), {**CHAT, "detail": "plan"}),
    (Action.RUN_PAUSED, running, lambda s: pause(s.bench, s.desk), RUN),
    (Action.RUN_RESUMED, paused, lambda s: resume(s.bench, s.desk), RUN),
    (Action.RUN_TAKEN_OVER, running, lambda s: take(s.bench, s.desk), RUN),
    (Action.RUN_STOPPED, running, lambda s: s.bench.stop(device=s.desk), RUN),
    (Action.RUN_STOPPED, running, stop_all, RUN),
    (Action.RUN_PLANNED, nothing, planned, CHAT),
    (
        Action.PLAN_CHANGED,
        planned,
        lambda s: s.planner.change(s.planned(), s.desk, message="Other"),
        PLAN,
    ),
    (Action.PLAN_CANCELLED, planned, lambda s: s.planner.cancel(s.planned(), s.desk), PLAN),
    (
        Action.PLAN_NOT_STARTED,
        long_due,
        lambda s: s.planner.due.look(),
        {**PLAN, **NOBODY, "detail": "too_late"},
    ),
    (
        Action.PLAN_NOT_STARTED,
        due_without_login,
        lambda s: s.planner.due.look(),
        {**PLAN, **NOBODY, "detail": "sign_in_again"},
    ),
    (Action.BLOCKLIST_CLEARED, messaged, lambda s: s.bench.forget(), {**CHAT, "count": "1"}),
    (
        Action.BLOCKLIST_REMOVED,
        messaged,
        lambda s: s.bench.unblock("recipient-1"),
        {**CHAT, "count": "1"},
    ),
    (
        Action.UNCERTAIN_RESOLVED,
        doubtful,
        lambda s: s.bench.resolve("leave", "recipient-1"),
        {**CHAT, "count": "1", "detail": "leave"},
    ),
    (Action.WEBHOOK_MADE, nothing, hook, HOST),
    (Action.WEBHOOK_CHANGED, hook, switch_off, {"detail": "hook.example.com off"}),
    (Action.WEBHOOK_SENT, hook, ping, HOST),
    (Action.WEBHOOK_REMOVED, hook, unhook, HOST),
    (Action.DO_NOT_CONTACT_ADDED, nothing, avoided, {"count": "1"}),
    (Action.DO_NOT_CONTACT_REMOVED, avoided, lambda s: s.bench.allow("recipient-1"), {}),
]


def test_they_are_all_tried() -> None:
    refusals = {Action.REFUSED, Action.SIGN_IN_REFUSED}  # see test_audit_add.py
    assert {action for action, *_ in ACTIONS} == set(Action) - refusals


@pytest.mark.parametrize(
    ("action", "begin", "act", "said"), ACTIONS, ids=lambda value: getattr(value, "value", "")
)
async def test_it_is_one_entry_that_says_who_and_what(
    bench: Bench, action: Action, begin: Step, act: Step, said: dict[str, str]
) -> None:
    desk = await bench.devices.join(bench.who, "s1", "desk")
    phone = await bench.devices.join(bench.who, "s2", "phone")
    scene = Scene(bench, Planner(bench), desk.device_id, phone.device_id)
    await begin(scene)
    await bench.client.delete(bench.names.record)
    await act(scene)
    [entry] = (await bench.audit.page(bench.who.account, "", Filters())).entries
    assert entry.fields["action"] == action
    assert entry.fields.items() >= {"operator": "1", **said}.items()
    raw = str(entry)
    for secret in (
        "secret text",
        "secret-text",
        "Hello",
        "Other",
        "recipient-1",
        desk.resume_token,
        phone.resume_token,
    ):
        assert secret not in raw, "who did what, and never what was written to whom"


async def test_it_says_whose_device_it_was(bench: Bench) -> None:
    theirs = identity("2")
    theirs = msgspec.structs.replace(theirs, account=bench.who.account)
    phone = await bench.devices.join(theirs, "s1", "phone")
    bench.who = msgspec.structs.replace(bench.who, role=Role.ADMIN)
    await bench.sign_out(phone.device_id)
    [entry] = (await bench.audit.page(bench.who.account, "", Filters())).entries
    assert (entry.fields["operator"], entry.fields["target"]) == ("1", "2")
    assert entry.fields["target_device"] == phone.device_id


@pytest.mark.parametrize(
    ("begin", "act"),
    [
        (paused, lambda s: pause(s.bench, s.desk)),
        (running, lambda s: take(s.bench, s.phone)),
        (administers, lambda s: s.bench.rename("phone", s.phone)),
        (nothing, lambda s: s.bench.rename("one's own", s.phone)),
        (planned, lambda s: s.planner.change(s.planned(), s.desk, message="Hello")),
    ],
)
async def test_what_changed_nothing_is_none(bench: Bench, begin: Step, act: Step) -> None:
    desk = await bench.devices.join(bench.who, "s1", "desk")
    phone = await bench.devices.join(bench.who, "s2", "phone")
    scene = Scene(bench, Planner(bench), desk.device_id, phone.device_id)
    await begin(scene)
    await bench.client.delete(bench.names.record)
    await act(scene)
    assert (await bench.audit.page(bench.who.account, "", Filters())).entries == []
