"""Who passes the turnstile, and when."""

import asyncio
import itertools

from alphasync.intake.pace import BEGUN_AT_ONCE_MAX, Turnstile

MANY = 10 * BEGUN_AT_ONCE_MAX


async def settle() -> None:
    """Let all that is ready happen."""
    for _ in range(4 * MANY):
        await asyncio.sleep(0)


async def test_who_comes_when_nobody_waits_passes_at_once() -> None:
    turnstile = Turnstile()
    for _ in range(3):
        task = asyncio.create_task(turnstile.enter("one"))
        await asyncio.sleep(0)
        assert task.done()
        await settle()


async def test_a_few_pass_in_one_turn_of_the_loop() -> None:
    turnstile = Turnstile()
    tasks = [asyncio.create_task(turnstile.enter("one")) for _ in range(MANY)]
    passed = [0]
    while passed[-1] < MANY:
        await asyncio.sleep(0)
        passed.append(sum(task.done() for task in tasks))
    steps = [later - earlier for earlier, later in itertools.pairwise(passed)]
    assert max(steps) == BEGUN_AT_ONCE_MAX


async def test_clients_take_turns_however_many_requests_one_has() -> None:
    turnstile, order = Turnstile(), []

    async def enter(client: str) -> None:
        await turnstile.enter(client)
        order.append(client)

    async with asyncio.TaskGroup() as tasks:
        for client in ["many"] * MANY + ["two"] * 2 + ["one"]:
            tasks.create_task(enter(client))
    # Those of the first turn have passed before the others came.
    assert order[BEGUN_AT_ONCE_MAX : BEGUN_AT_ONCE_MAX + 6] == [
        "many",
        "two",
        "one",
        "many",
        "two",
        "many",
    ]
    assert order.count("many") == MANY


async def test_one_that_is_gone_is_not_waited_for() -> None:
    turnstile = Turnstile()
    tasks = [asyncio.create_task(turnstile.enter("one")) for _ in range(MANY)]
    await asyncio.sleep(0)
    for task in tasks[BEGUN_AT_ONCE_MAX:-1]:
        task.cancel()
    await settle()
    assert tasks[-1].done()
    assert not tasks[-1].cancelled()
