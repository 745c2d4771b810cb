"""What a role may not do is not there, in real browsers; the server decides."""

import re
import time
from typing import Any

import pytest
from playwright.async_api import FloatRect, Locator, Page, Route, expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import MAIL
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHAT = {"profileId": "1001", "type": "chat"}
WORKS = ["start", "stop", "hold", "later", "take", "rhythm", "detach"]
"""The parts of a card with which somebody works."""
ONLY_MANAGERS = "Only a manager can stop, pause or take over the run of somebody else"


async def signs_in_as(page: Page, world: Cluster, operator: str, **claims: Any) -> None:
    """Whoever signs in on this page is this operator of the team "red"."""
    token = world.token(operator, team="red", **claims)

    async def answer(route: Route) -> None:
        response = await route.fetch()
        said = await response.json() | {"token": token, "operatorId": operator}
        await route.fulfill(response=response, json=said)

    await page.route("**/api/auth/login", answer)


async def member(world: Cluster, open_console: Open, role: str, **options: Any) -> Console:
    console: Console = await open_console(world.urls[0], **options)
    await signs_in_as(console.page, world, "bob", role=role)
    return await console.begin("1001")


def shown(console: Console, *names: str) -> list[Locator]:
    return [console.hook(f"chat-{name}") for name in names]


async def box_of(console: Console, part: str) -> FloatRect:
    box = await console.hook(f"chat-{part}").bounding_box()
    assert box is not None
    return box


async def test_a_viewer_looks_and_has_nothing_to_do(
    small_world: Cluster, open_console: Open
) -> None:
    ann = await small_world.device(token=small_world.token("ann", team="red"))
    assert (await ann.call("updateMessage", {**CHAT, "message": "Good morning"}))["ok"]
    soon = round(time.time() * 1000) + 3_600_000
    plan = {**CHAT, "type": "mail", "message": MAIL, "startAt": soon}
    assert (await ann.call("planRun", plan))["ok"]
    viewer = await member(small_world, open_console, "viewer")
    text, keyboard = viewer.hook("chat-text"), viewer.page.keyboard
    await expect(text).to_have_value("Good morning")
    await expect(text).not_to_be_editable()
    await expect(viewer.hook("chat-why")).to_contain_text("your role is viewer")
    for part in [*shown(viewer, *WORKS), viewer.hook("attach"), viewer.hook("many-mode")]:
        await expect(part).to_be_hidden()
    await expect(viewer.hook("mail-plan")).to_be_visible()
    await expect(viewer.hook("mail-plan").get_by_role("button")).to_have_count(0)
    await text.focus()
    await keyboard.press("x")
    await expect(text).to_have_value("Good morning")
    other = viewer.hook("profile-item-1002")
    await other.focus()
    await keyboard.press("x")
    await keyboard.press("Control+k")
    await keyboard.type("chat of")
    await expect(viewer.hook("palette").get_by_role("option")).to_have_count(1)
    await expect(viewer.hook("find-messaged")).to_be_visible()
    await keyboard.press("Escape")
    await expect(other).not_to_have_attribute("aria-selected", re.compile("."))
    await viewer.hook("chat-more").click()
    items = viewer.hook("chat-menu").locator("button:visible")
    await expect(items).to_have_text(["Earlier versions…", "Messaged before…"])
    await expect(items.nth(0)).to_be_focused()
    await keyboard.press("ArrowUp")
    await expect(items.nth(1)).to_be_focused()
    await keyboard.press("Escape")
    await viewer.menu("never-open")
    await expect(viewer.hook("recipients-export")).to_be_visible()
    for name in ("recipients-add", "recipients-import"):
        await expect(viewer.hook(name)).to_be_hidden()
    await viewer.hook("recipients-close").click()
    await viewer.hook("account").click()
    await expect(viewer.hook("account-role")).to_have_text("Viewer · team red")
    await expect(viewer.hook("record-open")).to_be_hidden()
    for name in ("backends-open", "webhooks-open"):
        await expect(viewer.hook(name)).to_be_hidden()
    assert (await ann.call("updateMessage", {**CHAT, "message": "Good evening"}))["ok"]
    await expect(text).to_have_value("Good evening")
    assert await viewer.audit() == []


async def test_a_viewer_comes_back_without_a_button_in_between(
    small_world: Cluster, open_console: Open
) -> None:
    viewer = await member(small_world, open_console, "viewer")
    await expect(viewer.hook("chat-text")).not_to_be_editable()
    await viewer.page.route("**/socket.io/?**", lambda route: route.abort())
    await viewer.page.reload()
    await expect(viewer.hook("profile-about")).to_contain_text("1001")
    await expect(viewer.hook("chat-text")).not_to_be_editable()
    await expect(viewer.hook("chat-start")).to_be_hidden()
    viewer.complaints.clear()  # that nothing could be loaded


async def test_an_operator_of_a_team_works_and_leaves_the_runs_of_others_alone(
    small_world: Cluster, open_console: Open
) -> None:
    ann = await open_console(small_world.urls[0])
    await signs_in_as(ann.page, small_world, "ann")
    await ann.begin("1004")
    bob: Console = await open_console(small_world.urls[0])
    await signs_in_as(bob.page, small_world, "bob")
    await bob.begin("1004")
    await ann.hook("chat-text").fill("Good morning")
    await expect(bob.hook("chat-origin")).to_contain_text("ann")  # not her device
    await ann.start()
    await expect(bob.hook("chat-why")).to_have_text(ONLY_MANAGERS)
    stop, why, hold = [await box_of(bob, name) for name in ("stop", "why", "hold")]
    assert hold["x"] < stop["x"] + stop["width"] + 12, "the two buttons stay beside each other"
    assert why["y"] >= stop["y"] + stop["height"]
    for name in ("stop", "hold", "take"):
        part = bob.hook(f"chat-{name}")
        await expect(part).to_have_attribute("aria-disabled", "true")
        await expect(part).to_have_attribute("title", ONLY_MANAGERS)
        await part.click(force=True)
    await expect(bob.hook("stop-all")).to_be_hidden()
    await expect(bob.hook("chat-text")).to_be_editable()
    await bob.page.keyboard.press("Control+k")
    await bob.page.keyboard.type("chat of")
    await expect(bob.hook("palette").get_by_role("option")).to_have_count(2)
    for name in ("find-later", "find-messaged"):
        await expect(bob.hook(name)).to_be_visible()
    await bob.page.keyboard.press("Escape")
    await bob.hook("chat-more").click()
    await expect(bob.hook("chat-clear")).to_be_visible()
    await expect(bob.hook("chat-clear-blocklist")).to_be_hidden()
    await bob.page.keyboard.press("Escape")
    await bob.hook("mail-text").fill(MAIL)
    await bob.start("mail")
    await expect(bob.hook("mail-stop")).not_to_have_attribute("aria-disabled", "true")
    await bob.hook("mail-hold").click()
    await expect(bob.hook("mail-status")).to_contain_text("Paused")
    await bob.hook("stop-all").click()
    await expect(bob.hook("banner")).to_have_text("1 run stopped")
    await expect(bob.hook("mail-status")).to_contain_text("Stopped")
    await expect(ann.hook("chat-status")).to_contain_text("Processing...")
    await expect(bob.hook("chat-stop")).to_be_visible()
    await bob.hook("account").click()
    await expect(bob.hook("account-role")).to_have_text("Operator · team red")
    await ann.hook("chat-stop").click()
    await expect(bob.hook("chat-start")).to_be_visible()


async def test_an_operator_adds_whom_not_to_contact_and_a_manager_takes_them_off(
    small_world: Cluster, open_console: Open
) -> None:
    operator = await member(small_world, open_console, "operator")
    await operator.menu("never-open")
    await operator.hook("recipients-add-id").fill("r-1")
    await operator.hook("recipients-add").click()
    remove = ".recipient-remove"
    await expect(operator.hook("recipients-list").locator("li")).to_have_count(1)
    await expect(operator.hook("recipients-list").locator(remove)).to_be_hidden()
    manager = await member(small_world, open_console, "manager")
    await manager.menu("never-open")
    await manager.hook("recipients-list").locator(remove).click()
    await expect(manager.hook("recipients-note")).to_contain_text("Runs may message")


async def test_more_of_a_list_has_the_focus_where_there_is_no_button(
    small_world: Cluster, open_console: Open
) -> None:
    viewer = await member(small_world, open_console, "viewer")
    added = await viewer.page.request.post(
        f"{small_world.urls[0]}/api/do-not-contact/import",
        headers={
            "Authorization": f"Bearer {small_world.token('ann', team='red')}",
            "Content-Type": "text/csv",
        },
        data="id,note\n" + "".join(f"person-{n},\n" for n in range(150)),
    )
    assert added.ok
    await viewer.menu("never-open")
    rows = viewer.hook("recipients-list").get_by_role("listitem")
    await expect(rows).to_have_count(100)
    await viewer.hook("recipients-more").click()
    await expect(rows).to_have_count(150)
    await expect(rows.nth(100)).to_be_focused()


async def test_plans_of_others_say_who_changes_them(
    small_world: Cluster, open_console: Open
) -> None:
    ann = await small_world.device(token=small_world.token("ann", team="red"))
    soon = round(time.time() * 1000) + 3_600_000
    assert (await ann.call("planRun", {**CHAT, "message": "Hello", "startAt": soon}))["ok"]
    operator = await member(small_world, open_console, "operator")
    plan = operator.hook("chat-plan")
    await expect(plan).to_contain_text("Only a manager can change it")
    await expect(plan.get_by_role("button")).to_have_count(0)
    manager = await member(small_world, open_console, "manager")
    await expect(manager.hook("chat-plan").get_by_role("button")).to_have_count(2)


async def test_what_is_of_the_account_is_in_the_menu_of_admins_alone(
    small_world: Cluster, open_console: Open
) -> None:
    for role, is_admin in (("manager", False), ("admin", True)):
        console = await member(small_world, open_console, role)
        await console.hook("account").click()
        for name in ("record-open", "backends-open", "webhooks-open"):
            await expect(console.hook(name)).to_be_visible(visible=is_admin)


async def test_devices_of_others_are_for_admins(small_world: Cluster, open_console: Open) -> None:
    ann = await small_world.device(token=small_world.token("ann", team="red"))
    row = f"device-{ann.id}"
    manager = await member(small_world, open_console, "manager")
    await manager.hook("who").click()
    await expect(manager.hook(row)).to_be_visible()
    await expect(manager.hook(row).locator(".device-actions")).to_be_hidden()
    admin = await member(small_world, open_console, "admin")
    await admin.hook("who").click()
    await admin.hook(row).get_by_role("button", name=re.compile("Rename")).click()
    await admin.hook(row).get_by_role("textbox").fill("Front desk")
    await admin.hook(row).get_by_role("button", name="Save").click()
    await expect(admin.hook(row).locator(".device-name")).to_have_text("Front desk")


async def test_who_is_an_account_of_their_own_is_told_nothing_of_roles(
    small_world: Cluster, open_console: Open
) -> None:
    alone = await (await open_console(small_world.urls[0])).begin("1001")
    await alone.hook("account").click()
    for name in ("sign-out", "record-open"):
        await expect(alone.hook(name)).to_be_visible()
    await expect(alone.hook("account-role")).to_be_hidden()
    assert await alone.page.locator("html").get_attribute("data-lacks") is None
