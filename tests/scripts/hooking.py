"""A webhook of the bench's account, and what is done with it by scripts."""

from typing import Any

from alphasync.services.webhook_message import Secrets
from alphasync.services.webhooks import EVENTS, Made, Webhooks
from alphasync.store import key_groups
from alphasync.store.key_groups import WebhookKeys
from alphasync.store.scripts.calls import Answer
from alphasync.store.scripts.webhook_calls import webhook_read, webhook_settle, webhooks_take
from tests.scripts.bench import Bench

URL = "https://hook.example.com/x"
MOST = 2
LEASE = 30_000


def webhooks_of(bench: Bench) -> Webhooks:
    looked_at: list[str] = []
    keys_ = Secrets(("secret",))
    return Webhooks(
        bench.scripts, bench.store.pipeline, keys_, looked_at.append, MOST, private=False
    )


async def made(bench: Bench) -> Made:
    return await webhooks_of(bench).make(bench.who, URL, EVENTS)


def keys_of(bench: Bench, id_: str = "") -> WebhookKeys:
    return key_groups.of_webhook(bench.who.account, id_)


async def take(bench: Bench, server: str = "a") -> Answer:
    return await bench.scripts.call(webhooks_take(keys_of(bench), server=server, lease=LEASE))


async def waiting(bench: Bench, id_: str) -> list[dict[str, str]]:
    """What waits for a webhook, each with its id."""
    answer = await bench.scripts.call(webhook_read(keys_of(bench, id_), most=20))
    return [{"id": entry.text(0), **entry.record(1)} for entry in answer.lists(2)]


async def settle(bench: Bench, id_: str, server: str = "a", **more: Any) -> str:
    fields: dict[str, Any] = {"told": "", "attempts": 0, "wait": 0, "off": "", "report": b""}
    fields |= {**more, "server": server, "lease": LEASE, "kept": 2, "lasts": 60_000}
    call = webhook_settle(keys_of(bench, id_), **fields)
    return (await bench.scripts.call(call)).outcome


async def record(bench: Bench, id_: str) -> dict[str, str]:
    [found] = await bench.scripts.hashes([keys_of(bench, id_).webhook])
    return found
