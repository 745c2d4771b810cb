"""Recipients whose ids are of any text: everybody once, and each can be decided on."""

import pytest

from alphasync.services.idempotency import DIGEST_KEYS, FORMER_KEYS
from alphasync.store import keys
from tests.harness import wait_until
from tests.integration.backend import Backend, answered, fronted, page, runner_lost

STRANGE = [
    "trail",
    "trail ",
    " trail",
    "a\tb",
    "a\nb",
    "\x00",
    " ",
    "\u00a0",
    "Zoë",
    "Zoe\u0308",
    "日本",
    "😀" * 512,
    "x" * 512,
    'q"\\',
    "..",
    "a/b?c=d&e",
    "{o:demo}",
    "\u202eabc",
    "0",
    "-1",
]


async def test_ids_of_any_text_are_each_messaged_once(redis_url: str) -> None:
    backend = Backend(pages={None: page(*STRANGE)})
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["failed"], stats["total"]) == (len(STRANGE), 0, len(STRANGE))
        assert backend.messaged == dict.fromkeys(STRANGE, 1)
        assert len({a.key for a in backend.arrived}) == len(STRANGE)
        assert all(a.key.isascii() and len(a.key) == 64 for a in backend.arrived)
        # All of them are on the blocklist under their own ids.
        await device.start("p")
        again = (await device.wait_for("processingComplete", count=2))["stats"]
        assert (again["sent"], again["skipped"]) == (0, len(STRANGE))


async def test_uncertain_ones_of_any_id_are_listed_and_decided_on(redis_url: str) -> None:
    lost = ["trail ", "a\tb", "Zoë", "😀" * 512]
    # Not three in a row, which would end the run.
    order = [r for name in lost for r in (name, f"good {len(name)}{name[0]}")]
    backend = Backend(pages={None: page(*order)}, honours=False)
    backend.answer = lambda recipient, _: answered({}, 500) if recipient in lost else None
    command = {"profileId": "p", "type": "chat"}
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        ended = await device.wait_for("processingComplete")
        assert ended["stats"]["uncertain"] == len(lost)
        listed = (await device.call("listUncertain", command))["recipients"]
        assert {item["id"] for item in listed} == set(lost)
        backend.answer = lambda *_: None
        for recipient in lost[:2]:
            decided = {**command, "action": "resend", "recipientId": recipient}
            assert (await device.call("resolveUncertain", decided))["count"] == 1
        for recipient in lost[2:]:
            decided = {**command, "action": "leave", "recipientId": recipient}
            assert (await device.call("resolveUncertain", decided))["count"] == 1
        await device.start("p")
        again = (await device.wait_for("processingComplete", count=2))["stats"]
        assert again["sent"] == 2
        assert backend.tried.count("trail ") == backend.tried.count("a\tb") == 2
        assert backend.tried.count("Zoë") == backend.tried.count("😀" * 512) == 1


@pytest.mark.parametrize("recipient", ["2", "trail "])
async def test_what_an_earlier_version_had_in_flight_is_asked_for_under_its_key_only(
    redis_url: str, recipient: str
) -> None:
    """It may have arrived under that key. Where that was no key of its own, a person decides."""
    backend = Backend(pages={None: page("1", recipient, "3")})
    backend.hang = recipient
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        await wait_until(lambda: recipient in backend.tried)
        server = running.servers[0]
        run = keys.of_account("o:demo").run("chat", "p")
        assert await server.store.client.hget(run, "honours") == DIGEST_KEYS.encode()
        holding = await runner_lost(running, "p")
        await server.store.client.hset(run, "honours", FORMER_KEYS)
        backend.hang = None
        backend.arrived.clear()
        server.pool.adopt(holding)
        stats = (await device.wait_for("processingComplete"))["stats"]
        asked_again = recipient == "2"
        assert (stats["sent"], stats["uncertain"]) == ((3, 0) if asked_again else (2, 1))
        assert [a.key for a in backend.arrived if a.recipient == recipient] == (
            [f"{holding.instance}:{recipient}"] if asked_again else []
        )
        (last,) = (a for a in backend.arrived if a.recipient == "3")
        assert len(last.key) == 64
