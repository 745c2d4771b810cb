"""What is believed of the servers of a cluster."""

import asyncio

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import InvalidResponse, ReadOnlyError

from alphasync.store.redis import topology as topology_module
from alphasync.store.redis.topology import Address, Shard, Topology, View, lineage_of, read_view

A, B, C = (Address("10.0.0.1", port) for port in (1, 2, 3))
LOW, HIGH = ((0, 8191),), ((8192, 16383),)
INFO = b"cluster_state:ok\r\ncluster_my_epoch:7\r\ncluster_current_epoch:9\r\n"


def connect(_address: Address) -> AbstractConnection:
    raise AssertionError("nothing is to be asked here")


def view(*shards: Shard, epoch: int = 1, whole: bool = True) -> View:
    servers = frozenset(shard.primary for shard in shards)
    return View(epoch, whole, frozenset(shards), servers)


def topology() -> Topology:
    return Topology((A,), connect)


async def test_every_slot_has_its_shard() -> None:
    known = topology()
    assert known.shard_of(0) is None
    odd = Shard(A, ((0, 99), (200, 299)))
    known.learn(view(odd, Shard(B, ((100, 199), (300, 400)))))
    owners = [known.shard_of(slot) for slot in (0, 99, 100, 199, 200, 299, 300, 400)]
    assert [owner.primary if owner else None for owner in owners] == [A, A, B, B, A, A, B, B]
    assert known.shard_of(401) is None


async def test_a_change_is_told_once() -> None:
    known = topology()
    told: list[int] = []
    known.on_change(lambda: told.append(len(known.shards)))
    for _ in range(2):
        known.learn(view(Shard(A, LOW), Shard(B, HIGH)))
    assert told == [2]
    known.learn(view(Shard(A, LOW), Shard(C, HIGH), epoch=2))
    assert told == [2, 2]
    assert known.shard_of(9000) == Shard(C, HIGH)


async def test_who_is_behind_or_cut_off_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = topology()
    known.learn(view(Shard(A, LOW + HIGH), epoch=5))
    for wrong in (view(Shard(B, LOW + HIGH), epoch=4), view(Shard(B, LOW), epoch=6, whole=False)):
        with pytest.raises(InvalidResponse):
            known.learn(wrong)
    assert known.shards == {Shard(A, LOW + HIGH)}
    monkeypatch.setattr(topology_module, "EPOCH_TTL", 0.0)
    await asyncio.sleep(0.001)
    known.learn(view(Shard(B, LOW + HIGH), epoch=1))
    assert known.shards == {Shard(B, LOW + HIGH)}


def test_what_a_server_says() -> None:
    slots = [
        [8192, 16383, [b"10.0.0.1", 2, b"id"], [b"10.0.0.1", 3, b"id"]],
        [0, 8191, [b"", 1, b"id"]],  # a server that has not been told its own name
    ]
    found = read_view(A, INFO, slots)
    assert found == View(9, True, frozenset({Shard(A, LOW), Shard(B, HIGH)}), frozenset({A, B, C}))
    assert not read_view(A, INFO.replace(b":ok", b":fail"), slots).whole


class Connection:
    """Answers what the test says."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)

    def pack_commands(self, commands: object) -> list[bytes]:
        return [str(commands).encode()]

    async def send_packed_command(self, _packed: object, check_health: bool) -> None:
        assert not check_health

    async def read_response(self, **_options: object) -> object:
        return self._answers.pop(0)


async def test_the_lineage_of_a_primary() -> None:
    assert await lineage_of(Connection(INFO, [b"master", 0, []])) == "7"  # type: ignore[arg-type]
    with pytest.raises(ReadOnlyError):
        await lineage_of(Connection(INFO, [b"slave", b"h", 1, b"connected", 0]))  # type: ignore[arg-type]
