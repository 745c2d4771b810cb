"""A console that is told by push, with a push service of the test's own."""

import json
from typing import Any

import pytest
from playwright.async_api import Worker, expect

from tests.browser.console import SEND_INTERVAL, Open
from tests.browser.test_notices import ACTIVE, PERMITS
from tests.harness import cluster, wait_until
from tests.pushes import Browser, push_service

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SUBSCRIBES = """
let held = null;
PushManager.prototype.getSubscription = async () => held;
PushManager.prototype.subscribe = async ({applicationServerKey}) => (held = {
  options: {applicationServerKey},
  toJSON: () => (TOLD),
  unsubscribe: async () => void (held = null),
});
"""
"""This browser knows no push service: it is given that of the test."""
LISTENS = """() => {
  self.told = [];
  ServiceWorkerRegistration.prototype.showNotification = async (title, {body, tag, data}) =>
    void self.told.push({title, body, tag, place: data.place});
}"""


async def shown(worker: Worker) -> list[dict[str, Any]]:
    return list(await worker.evaluate("self.told"))


async def test_a_closed_console_is_told_by_its_worker(redis_url: str, open_console: Open) -> None:
    async with (
        push_service() as service,
        cluster(redis_url, send_interval=SEND_INTERVAL, push_private=True) as world,
    ):
        browser = Browser()
        told = {
            "endpoint": f"{service.url}/phone",
            "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
        }
        console = await open_console("about:blank", service_workers="allow")
        await console.context.add_init_script(PERMITS)
        await console.context.add_init_script(SUBSCRIBES.replace("TOLD", json.dumps(told)))
        await console.page.goto(world.urls[0])
        await console.begin("1001")
        await wait_until(lambda: console.page.evaluate(ACTIVE), what="its worker")
        await console.menu("notices-on")
        await expect(console.hook("banner")).to_contain_text("You are told on this device")
        store = world.servers[0].store.client

        async def subscribed() -> bool:
            return bool(await store.keys("*:pushes"))

        await wait_until(subscribed, what="the subscription")
        await console.hook("chat-detach").get_by_role("checkbox").check()
        await console.hook("chat-text").fill("Hello there!")
        await console.start()
        worker = console.context.service_workers[0]
        await worker.evaluate(LISTENS)
        await console.page.close()
        await wait_until(lambda: service.got, what="a message at the push service")
        [(_, _, message)] = service.got
        # What the browser does with it: it reads it, and wakes the worker.
        text = browser.read(message).decode()
        await worker.evaluate("(text) => dispatchEvent(new PushEvent('push', {data: text}))", text)

        async def some() -> bool:
            return bool(await shown(worker))

        await wait_until(some, what="a notice")
        [notice] = await shown(worker)
        assert notice["title"] == "Sofia Marchetti"
        assert notice["body"] == "Chat completed · 10 sent"
        assert notice["place"] == "#profile=1001"
        assert json.loads(text).keys().isdisjoint({"message", "text", "recipients"})
