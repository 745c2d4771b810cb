"""Several profiles at once: selected in the list, and one thing is done with all of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.browser.console import EMAIL, LOCKED, PASSWORD, SEND_INTERVAL, Console, Open
from tests.browser.states import PHONE
from tests.harness import Cluster, cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def five() -> People:
    """Runs that go on until somebody stops them."""
    found = [
        person(str(n), f"Person {n}", [Recipient(f"r{n}-{k}", "") for k in range(200)])
        for n in range(1, 6)
    ]
    return People.of(
        [Account(EMAIL, PASSWORD, "demo", {one.profile.external_id: one for one in found})]
    )


@pytest_asyncio.fixture(loop_scope="session")
async def pair(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, servers=2, people=five(), send_interval=SEND_INTERVAL) as running:
        yield running


async def selected(console: Console, *profiles: str) -> None:
    for profile in profiles:
        await console.hook(f"profile-item-{profile}").click(modifiers=["ControlOrMeta"])
    await expect(console.hook("many-count")).to_have_text(f"{len(profiles)} selected")


async def test_three_of_five_are_started_and_stopped_at_once(
    pair: Cluster, open_console: Open
) -> None:
    console = await open_console(pair.urls[0])
    await console.begin("1")
    watcher = await (await open_console(pair.urls[1])).begin("5")
    other = await pair.device()
    assert (await other.start("4"))["ok"]
    await console.hook("chat-text").fill("Hello to all of you!")
    await selected(console, "1", "2", "3", "4", "5")
    await console.hook("many-copy").click()
    await expect(console.hook("copy-many-to")).to_contain_text("Person 5")
    assert await console.audit() == []
    await console.hook("copy-many-ok").click()
    await expect(watcher.hook("chat-text")).to_have_value("Hello to all of you!")
    await watcher.hook("chat-text").fill("")
    await expect(console.hook("many-start")).to_have_text("Start 4…")
    await console.hook("many-start").click()
    people = console.hook("start-many-people")
    await expect(people).to_have_text("600 people will be messaged by 3 chats.")
    await expect(console.hook("start-many-4")).to_contain_text(LOCKED)
    await expect(console.hook("start-many-5")).to_contain_text("Write something first")
    assert await console.audit() == []
    await console.hook("start-many-ok").click()
    await expect(console.hook("many-summary")).to_have_text("Started 3 chats")
    await expect(console.hook("many-groups")).to_contain_text(f"{LOCKED} (1):")
    await expect(console.hook("many-groups")).to_contain_text("Person 4")
    assert await console.audit() == []
    await expect(watcher.hook("show-running").locator("b")).to_have_text("4")
    for profile in "123":
        line = watcher.hook(f"profile-item-{profile}").locator(".row-line")
        await expect(line).to_contain_text("/200")
    await console.hook("many-pause").click()
    await expect(console.hook("many-summary")).to_have_text("Paused 4 chats")
    for profile in "1234":
        line = console.hook(f"profile-item-{profile}").locator(".row-line")
        await expect(line).to_contain_text("paused")
    await expect(watcher.hook("profile-item-4").locator(".row-line")).to_contain_text("paused")
    await console.hook("many-resume").click()
    await expect(console.hook("many-summary")).to_have_text("Resumed 4 chats")
    await console.hook("profile-item-4").click(modifiers=["ControlOrMeta"])
    await console.offline()
    await console.hook("many-stop").click()
    await expect(console.hook("many-summary")).to_have_text("Stopped 0 chats")
    await console.offline(False)
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.hook("many-again").click()
    await expect(console.hook("many-summary")).to_have_text("Stopped 3 chats")
    await expect(watcher.hook("show-running").locator("b")).to_have_text("1")
    await console.hook("many-chat").focus()
    await console.page.keyboard.press("Escape")
    await expect(console.hook("many")).to_be_hidden()


async def test_rows_are_selected_by_keys_and_by_the_pointer_with_one_held(
    pair: Cluster, open_console: Open
) -> None:
    console = await (await open_console(pair.urls[0])).begin("1")
    count, keyboard = console.hook("many-count"), console.page.keyboard
    await console.hook("profile-item-2").focus()
    await keyboard.press("x")
    await expect(console.hook("profile-item-2")).to_have_attribute("aria-selected", "true")
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowDown")
    await keyboard.press("Shift+X")
    await expect(count).to_have_text("3 selected")
    await keyboard.press("x")
    await expect(console.hook("profile-item-4")).to_have_attribute("aria-selected", "false")
    await console.hook("profile-item-5").click(modifiers=["Shift"])
    await expect(count).to_have_text("4 selected")
    await console.hook("profile-item-3").click()  # opens it, as ever
    await expect(console.hook("profile-name")).to_have_text("Person 3")
    await console.hook("filter").fill("Person 1")
    await expect(count).to_have_text("4 selected · 4 not shown")
    await console.hook("many-all").click()
    await expect(count).to_have_text("5 selected · 4 not shown")
    await keyboard.press("Escape")
    await expect(console.hook("many")).to_be_hidden()
    await expect(console.hook("profile-item-1")).not_to_have_attribute("role", "option")


async def test_on_a_phone_a_button_lets_presses_select(pair: Cluster, open_console: Open) -> None:
    phone = await open_console(pair.urls[0], **PHONE)
    await phone.sign_in()
    await phone.hook("many-mode").tap()
    for profile in "25":
        await phone.hook(f"profile-item-{profile}").tap()
    await expect(phone.hook("many-count")).to_have_text("2 selected")
    box = "(node) => node.getBoundingClientRect().toJSON()"
    assert (await phone.hook("many").evaluate(box))["bottom"] == PHONE["viewport"]["height"]
    for hook in ("many-mode", "many-end", "many-all", "many-start", "profile-item-1"):
        assert (await phone.hook(hook).evaluate(box))["height"] >= 44
    assert await phone.audit() == []
    await phone.hook("profile-item-2").tap()
    await phone.hook("profile-item-5").tap()
    await expect(phone.hook("many-count")).to_have_text("0 selected")
    await phone.hook("many-mode").tap()
    await phone.hook("profile-item-5").tap()
    await expect(phone.hook("profile-name")).to_have_text("Person 5")
