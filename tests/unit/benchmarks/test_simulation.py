"""The arithmetic of the simulation, with costs that are easy to reckon with."""

from dataclasses import replace

import pytest

from benchmarks.results import Results
from benchmarks.simulation import Assumptions, Costs, measured, needs
from benchmarks.works import footprint, growth, worker

GIVEN = Assumptions(
    accounts=1_000,
    devices=3,
    typing_share=0.1,
    keystrokes=4.0,
    running_share=0.05,
    send_rate=2.0,
    recent_share=0.5,
    recipients=1_000,
    heartbeat=600.0,
    server_in_use=0.5,
    redis_in_use=0.5,
    shard_gb=16.0,
)
COSTS = Costs(
    command=1_000.0,
    recipient=4_000.0,
    relayed=1_000.0,
    silent=100.0,
    server=0.0,
    redis_command=200.0,
    redis_recipient=390.0,
    redis_per_server=0.0,
    server_kb=100_000.0,
    account_kb=10.0,
    events_kb=40.0,
    redis_account_kb=2.0,
    redis_device_kb=1.0,
    redis_events_kb=12.0,
    redis_entry_kb=0.1,
)


def test_what_is_to_be_done() -> None:
    found = needs(GIVEN, COSTS)
    assert found.devices == 3_000
    assert found.commands == pytest.approx(400)
    assert found.recipients == pytest.approx(100)


def test_cores_are_the_sum_of_all_work_and_servers_are_rounded_up() -> None:
    found = needs(GIVEN, COSTS)
    # 400 commands at 1 ms, 100 recipients at 5 ms, 3,000 devices at 0.1 ms each second.
    assert found.cores == pytest.approx(0.4 + 0.5 + 0.3)
    assert found.servers == 3  # of half a core each


def test_each_server_has_work_of_its_own() -> None:
    found = needs(GIVEN, replace(COSTS, server=100_000.0, redis_per_server=1_000.0))
    assert found.servers == 3  # 1.2 cores of work, and 0.4 of each server's half for it
    assert found.cores == pytest.approx(1.2 + 3 * 0.1)
    assert found.redis_cores == pytest.approx(needs(GIVEN, COSTS).redis_cores + 0.003)


def test_memory_of_a_server_is_its_own_and_its_part_of_the_accounts() -> None:
    found = needs(GIVEN, COSTS)
    # 3,000 devices with a relay each of 10 KB; 500 accounts with 40 KB of events on three servers.
    assert found.server_gb == pytest.approx((100_000 + (30_000 + 60_000) / 3) / 1e6)


def test_shards_by_cpu() -> None:
    found = needs(GIVEN, COSTS)
    # 405 commands, of which 5 are heartbeats, at 0.2 ms, and 100 recipients at 0.39 ms.
    assert found.redis_cores == pytest.approx(0.081 + 0.039)
    assert found.shards == 1
    assert needs(replace(GIVEN, redis_in_use=0.05), COSTS).shards == 3


def test_shards_by_memory() -> None:
    found = needs(GIVEN, COSTS)
    # 2 + 2 x 1 KB of devices and 100 KB of blocklist per account, 12 KB of events in half of them.
    assert found.redis_gb == pytest.approx((1_000 * 104 + 500 * 12) / 1e6)
    assert needs(replace(GIVEN, shard_gb=0.05), COSTS).shards == 3


def figures() -> Results:
    results = Results({})

    def add(case: str, metric: str, *values: float, work: str = footprint.WORK) -> None:
        for value in values:
            results.add(work, case, growth.PEER, metric, "", value)

    add(growth.spread_case(1), growth.PER_COMMAND, 300.0, work=growth.WORK)
    add(growth.spread_case(3), growth.PER_COMMAND, 400.0, 500.0, 900.0, work=growth.WORK)
    add(growth.spread_case(3), growth.VALKEY, 50.0, work=growth.WORK)
    for metric in (footprint.IDLE_CPU, footprint.VALKEY_IDLE_CPU, footprint.SERVER_MEMORY):
        add(footprint.SERVER, metric, 7.0)
    add(footprint.SILENT, footprint.IDLE_CPU, 2.0)
    for case in (footprint.ACCOUNT, footprint.DEVICE, footprint.EVENTS, footprint.ENTRY):
        add(case, footprint.SERVER_MEMORY, 20.0)
        add(case, footprint.VALKEY_MEMORY, 3.0)
    results.add(worker.WORK, worker.CASE, growth.PEER, worker.CPU, "", 350.0)
    return results


def test_costs_are_the_medians_of_what_was_measured() -> None:
    results = figures()
    results.add(worker.WORK, worker.CASE, growth.PEER, worker.VALKEY, "", 80.0)
    costs = measured(results)
    assert costs is not None
    assert (costs.command, costs.relayed) == (500.0, 200.0)
    assert (costs.recipient, costs.redis_recipient) == (350.0, 80.0)
    assert (costs.account_kb, costs.redis_account_kb) == (20.0, 3.0)


def test_nothing_is_reckoned_from_costs_that_were_not_measured() -> None:
    assert measured(figures()) is None
