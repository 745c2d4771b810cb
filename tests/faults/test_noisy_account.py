"""An account that uses up all that one may have, and another one beside it."""

import logging
from typing import Any

import pytest

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.faults import patient
from tests.faults.bystanders import bystanders, troublemaker
from tests.faults.crowd import limits
from tests.faults.harness import site
from tests.faults.noisy import DEVICES, PROFILES, REFUSALS

pytestmark = [pytest.mark.faults, pytest.mark.slow]

CALM, STORM = 2.0, 8.0
"""Seconds before and while it happens."""
TICK = 0.1
"""Seconds between two key strokes of the others."""
RECIPIENTS = 1_000
SETTINGS: dict[str, Any] = {
    "valkey": (),
    "program": patient.PROGRAM,
    "event_rate_per_account": 25,
    "event_burst_per_account": 100,
    "drafts_per_account": 50,
    "runs_per_account": 50,
    "running_per_account": 5,
    "join_rate": 2,
    "join_burst": DEVICES + 10,
}
"""Far less than the defaults: each event goes to fifty devices, and on a busy machine whoever makes
the noise gets so little of it that more than a few dozen events a second are never asked for."""

log = logging.getLogger(__name__)


def people() -> People:
    """One profile for whoever is no trouble, and many for who is."""
    recipients = [Recipient(f"r{place}", f"Recipient {place}") for place in range(RECIPIENTS)]
    names = ["1001", *(f"p{number}" for number in range(PROFILES))]
    profiles = {name: person(name, name, recipients) for name in names}
    return People.of([Account("demo@example.com", "demo", "demo", profiles)])


async def test_others_are_refused_nothing() -> None:
    async with site(1, people=people(), send_interval="5s", **SETTINGS) as running:
        async with bystanders(running, tick=TICK) as others:
            await others.pass_by("before", CALM)
            async with troublemaker(
                "tests.faults.noisy", running.urls[0], running.token("noisy")
            ) as trouble:
                await trouble.begun()
                await others.pass_by("noise", STORM)
                counts = await trouble.end()
        hit = await limits(running.http, running.urls[0])
        log.info("%s, %s", counts, hit)
        assert counts["registered"] > DEVICES
        for code in REFUSALS:
            assert counts.get(code), counts
        assert hit["event_rate_per_account"] or hit["event_rate_per_device"]
