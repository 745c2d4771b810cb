"""What a line is about: said once, seen in each line of the task and of those that it starts."""

import asyncio

import pytest
from structlog.testing import capture_logs

from alphasync import log_subject, logs
from alphasync.log_subject import Named, about, also, request_id
from alphasync.tasks import Tasks


@pytest.fixture(autouse=True)
def _nothing_before() -> None:
    about(None)


def line(**said: str) -> dict[str, object]:
    return dict(logs.add_subject(None, "info", {"event": "x", **said}))


async def test_a_line_is_about_what_its_task_is_about() -> None:
    async def of_a_command() -> dict[str, object]:
        about(Named(account="a", device="d"))
        await asyncio.sleep(0)
        return line()

    async def of_a_run() -> dict[str, object]:
        about(Named(account="b", run="r"))
        await asyncio.sleep(0)
        return await asyncio.create_task(of_part())

    async def of_part() -> dict[str, object]:
        return line()

    one, other = await asyncio.gather(
        asyncio.create_task(of_a_command()), asyncio.create_task(of_a_run())
    )
    assert one == {"event": "x", "account": "a", "device": "d"}
    assert other == {"event": "x", "account": "b", "run": "r"}
    assert line() == {"event": "x"}


def test_what_the_line_says_itself_counts() -> None:
    about(Named(account="a", device="d"))
    assert line(device="another") == {"event": "x", "account": "a", "device": "another"}


def test_more_becomes_known_of_a_request() -> None:
    also(account="of nobody")
    assert log_subject.fields() == {}
    about(Named(request="r"))
    also(account="a")
    assert log_subject.fields() == {"request": "r", "account": "a"}


async def test_the_failure_of_a_task_is_about_what_the_task_was_about() -> None:
    tasks = Tasks()

    async def fails() -> None:
        about(Named(account="a"))
        raise ValueError

    with capture_logs(processors=[logs.add_subject]) as lines:
        tasks.spawn(fails(), "it")
        await tasks.wait()
        await asyncio.sleep(0)
    assert [(line["event"], line["task"], line["account"]) for line in lines] == [
        ("task failed", "it", "a")
    ]


@pytest.mark.parametrize(
    "given", ["7", "0b8f5c1e-9d1c-4a0e-8f3e-0d5a1c2b3e4f", "Root=1-67891233:abc/def+=._", "a" * 64]
)
def test_an_id_that_came_is_kept(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "a" * 65, "a b", "a\n", "<a>", '"', "\u00e4"])
def test_an_id_that_is_none_is_made(given: str | None) -> None:
    made = request_id(given)
    assert made != given
    assert len(made) == 16
    assert made != request_id(given)
