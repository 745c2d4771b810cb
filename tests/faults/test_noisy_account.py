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
RECIPIENTS = 1_000
SETTINGS: dict[str, Any] = {
    "valkey": (),
    "program": patient.PROGRAM,
    "event_rate_per_account": 100,
    "event_burst_per_account": 250,
    "drafts_per_account": 200,
    "runs_per_account": 50,
    "running_per_account": 5,
    "join_rate": 2,
    "join_burst": DEVICES + 10,
}
"""A tenth of the defaults, and less: each event goes to fifty devices, and the machine may be busy.
The account asks for several times as much of each."""

log = logging.getLogger(__name__)


def people() -> People:
    """One profile for whoever is no trouble, and many for who is."""
    recipients = [Recipient(f"r{place}", f"Recipient {place}") for place in range(RECIPIENTS)]
    names = ["1001", *(f"p{number}" for number in range(PROFILES))]
    profiles = {name: person(name, name, recipients) for name in names}
    return People.of([Account("demo@example.com", "demo", "demo", profiles)])


async def test_others_are_refused_nothing() -> None:
    async with site(1, people=people(), send_interval="5s", **SETTINGS) as running:
        async with bystanders(running) as others:
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
            assert counts[code], code
        assert hit["event_rate_per_account"] or hit["event_rate_per_device"]
