"""A session that cannot be renewed, or that ended: the operator comes back to the same place."""

import json
import re
import time
from typing import Any

import jwt
import pytest
from playwright.async_api import Route, expect

from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.browser.console import EMAIL, Console, Open
from tests.harness import SECRET, Cluster, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, SECRET, algorithms=["HS256"])


async def token_of(console: Console) -> str:
    kept = "JSON.parse(sessionStorage.getItem('alphasync.session')).token"
    return str(await console.page.evaluate(kept))


async def with_seconds_left(console: Console, seconds: float) -> None:
    """Go on with a token of the same login that ends this soon, as after hours of work."""
    claims = {**claims_of(await token_of(console)), "exp": time.time() + seconds}
    await console.page.evaluate(
        """(token) => {
          const session = JSON.parse(sessionStorage.getItem('alphasync.session'));
          sessionStorage.setItem('alphasync.session', JSON.stringify({ ...session, token }));
        }""",
        jwt.encode(claims, SECRET, algorithm="HS256"),
    )
    await console.page.reload()


async def answer_refresh(console: Console, *statuses: int) -> list[int]:
    """The first refreshes are answered like this, later ones by the server. Returns the answers."""
    left = list(statuses)
    given: list[int] = []

    async def answer(route: Route) -> None:
        status = left.pop(0) if left else 200
        given.append(status)
        if status == 0:
            await route.abort()
        elif status == 200:
            await route.continue_()
        else:
            body = json.dumps({"status": False, "code": "x", "message": "`raw` words"})
            await route.fulfill(status=status, body=body, content_type="application/json")

    await console.page.route("**/api/auth/refresh", answer)
    return given


async def at_work(world: Cluster, open_console: Open) -> Console:
    console = await open_console(world.urls[0])
    await console.sign_in()
    await console.choose("1005")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(re.compile(r"\(\d+/500\)"))
    return console


THREE_FRAMES = """() => new Promise((done) => {
  const next = (left) => (left ? requestAnimationFrame(() => next(left - 1)) : done());
  next(3);
})"""
"""Behind them what an answer leads to is drawn."""


async def test_what_is_loaded_for_one_who_signed_out_is_not_shown_to_the_next(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await console.page.route("**/api/profiles", hold)
    await console.sign_in()
    await wait_until(lambda: len(held) == 1, what="the question of the first")
    await console.page.evaluate("document.getElementById('sign-out').click()")
    await console.sign_in("manager@example.com")
    await wait_until(lambda: len(held) == 2, what="the question of the second")
    shown = console.hook("profile-item-1001")
    # The first one's comes late: whatever is shown by then is the second's.
    for route, name in zip(reversed(held), ("Second", "First"), strict=True):
        async with console.page.expect_response("**/api/profiles") as answered:
            await route.fulfill(json=[{"id": 1, "external_id": "1001", "name": name}])
        await (await answered.value).finished()
        await console.page.evaluate(THREE_FRAMES)
        await expect(shown).to_contain_text("Second")
    console.complaints.clear()  # of a connection that the sign-out broke off as it was being made


async def test_a_refresh_that_fails_is_tried_again(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    given = await answer_refresh(console, 503, 0)
    await with_seconds_left(console, 30)
    await expect(console.hook("banner")).to_contain_text("Trying again")
    await expect(console.hook("banner")).to_be_hidden()
    assert given == [503, 0, 200]
    await expect(console.hook("connection")).to_have_text("Connected")
    await expect(console.hook("email")).to_be_hidden()
    console.complaints.clear()


async def test_a_session_that_ends_keeps_the_run_the_text_and_the_place(
    small_world: Cluster, open_console: Open
) -> None:
    console = await at_work(small_world, open_console)
    watching = await small_world.device()
    device = await console.device_id()
    await answer_refresh(console, *[503] * 99)
    await with_seconds_left(console, 9)
    await expect(console.hook("sign-in-error")).to_contain_text(
        "Your session has ended", timeout=20_000
    )
    await expect(console.hook("email")).to_have_value(EMAIL)
    await console.page.unroute("**/api/auth/refresh")
    await console.sign_in()
    await expect(console.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \(\d+/500\)$")
    )
    await expect(console.hook("connection")).to_have_text("Connected")
    assert await console.device_id() == device
    await expect(console.hook("chat-text")).to_have_value("Hello there!")
    await expect(console.page).to_have_url(re.compile("profile=1005"))
    assert not watching.named("processingInterrupted")
    console.complaints.clear()


async def test_a_call_that_says_sign_in_again_leaves_the_run_alone(
    small_world: Cluster, open_console: Open
) -> None:
    console = await at_work(small_world, open_console)
    watching = await small_world.device()
    body = json.dumps({"status": False, "code": "sign_in_again", "message": "Sign in again"})

    async def refuse(route: Route) -> None:
        await route.fulfill(status=401, body=body, content_type="application/json")

    await console.page.route("**/attachments", refuse)
    await console.hook("mail-text").fill("Half a mail")
    await console.hook("attach").click()
    await expect(console.hook("sign-in-error")).to_contain_text("Sign in again")
    await expect(console.hook("attachment-dialog")).to_be_hidden()
    await console.sign_in()
    await expect(console.hook("mail-text")).to_have_value("Half a mail")
    await expect(console.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \(\d+/500\)$")
    )
    assert not watching.named("processingInterrupted")
    console.complaints.clear()


async def test_a_run_that_waits_for_a_sign_in_leads_there_and_goes_on(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.choose("1001")
    await console.hook("chat-text").fill("Hello there!")
    await expect(console.hook("chat-origin")).to_have_text("Saved on all devices")
    signed_in = claims_of(await token_of(console))["sid"]
    redis = make_client(small_world.redis_url)
    await redis.delete(keys.of_account("o:demo").signin(signed_in))
    await redis.aclose()
    await console.start()
    await expect(console.hook("banner")).to_contain_text("A run waits until you sign in again")
    await expect(console.hook("chat-status")).to_have_attribute("data-tone", "waiting")
    await expect(console.hook("profile-item-1001")).to_contain_text("Chat waits for you")
    await console.hook("sign-in-again").click()
    await console.sign_in()
    await expect(console.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await expect(console.hook("banner")).to_be_hidden()
    await expect(console.hook("chat-text")).to_have_value("Hello there!")
    console.complaints.clear()
