"""Whom to believe of several sentinels, and which connections to give up."""

from typing import cast

import pytest
from redis.exceptions import ConnectionError as ConnectionLost

from alphasync.store.redis.sentinel import Primary, PrimaryConnection, Sentinels
from alphasync.store.redis.urls import parse

OLD = Primary(4, "10.0.0.1", 6379)
NEW = Primary(5, "10.0.0.2", 6379)
SILENT = ConnectionLost("refused")


def sentinels(monkeypatch: pytest.MonkeyPatch, *answers: Primary | Exception) -> Sentinels:
    """Sentinels that answer so, in this order."""
    hosts = ",".join(f"host{number}:1" for number in range(len(answers)))
    asked = dict(zip(hosts.split(","), answers, strict=True))

    async def ask(_self: Sentinels, host: str, port: int) -> Primary:
        answer = asked[f"{host}:{port}"]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Sentinels, "_ask", ask)
    return Sentinels(parse(f"redis+sentinel://{hosts}/main"), "main")


@pytest.mark.parametrize(
    "answers", [(OLD, NEW, OLD), (NEW, OLD, OLD), (SILENT, OLD, NEW), (SILENT, NEW, SILENT)]
)
async def test_the_newest_failover_counts(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[Primary | Exception, ...]
) -> None:
    assert await sentinels(monkeypatch, *answers).primary() == NEW


async def test_that_nobody_knows_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = sentinels(monkeypatch, SILENT, ConnectionLost("no such master"), SILENT)
    with pytest.raises(ConnectionLost, match=r"'main': no such master; refused$"):
        await silent.primary()


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        ((OLD,), True),
        ((OLD, SILENT), False),
        ((OLD, NEW, SILENT), True),
        ((OLD, SILENT, SILENT), False),
        ((OLD, OLD, SILENT, SILENT), False),
    ],
)
async def test_a_primary_that_answers_is_left_on_the_word_of_most_only(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[Primary | Exception, ...], heard: bool
) -> None:
    asked = sentinels(monkeypatch, *answers)
    if heard:
        assert await asked.majority() == max(a for a in answers if isinstance(a, Primary))
    else:
        with pytest.raises(ConnectionLost):
            await asked.majority()


class Connection:
    """What is looked at of a connection."""

    def __init__(self, primary: Primary, *, is_open: bool = True) -> None:
        self.primary = primary
        self.is_open = is_open
        self.cuts = 0

    def cut(self) -> None:
        self.is_open = False
        self.cuts += 1


def test_connections_to_the_former_primary_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    known = sentinels(monkeypatch, NEW)
    same = Connection(NEW._replace(host="another name of it"))
    former, closed = Connection(OLD), Connection(OLD, is_open=False)
    for connection in (same, former, closed):
        known.connected(cast(PrimaryConnection, connection))
    for _ in range(2):
        known.give_up_all_but(NEW)
    assert [c.cuts for c in (same, former, closed)] == [0, 1, 0]
