"""Who was messaged before, and whom not to contact: looked at, changed, in and out of files."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.console import Open
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_whom_not_to_contact_is_kept_by_hand_and_from_a_file(
    two_servers: Cluster, open_console: Open, tmp_path: Path
) -> None:
    a, b = await pair(two_servers, open_console)
    for console in (a, b):
        await console.hook("account").click()
        await console.hook("never-open").click()
        await expect(console.hook("recipients-empty")).to_be_visible()
    await a.hook("recipients-add-id").fill("r1")
    await a.hook("recipients-add-note").fill("asked us")
    await a.page.keyboard.press("Enter")
    rows = a.hook("recipients-list").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("asked us")
    await expect(a.hook("recipients-add-id")).to_be_focused()
    await expect(b.hook("recipients-note")).to_contain_text("changed elsewhere: 1 person")
    assert await a.audit() == []

    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("r2\n,no id\n")
    good.write_text("id,note\n" + "".join(f"person-{n},\n" for n in range(150)) + "r1,\n")
    await a.hook("recipients-file").set_input_files(bad)
    await expect(a.hook("recipients-wrong")).to_have_text("Line 2: there is no id")
    assert "422" in a.complaints.pop()
    await a.hook("recipients-file").set_input_files(good)
    await expect(a.hook("recipients-note")).to_have_text("150 people added, 1 there already.")
    await expect(a.hook("recipients-wrong")).to_be_hidden()
    await expect(rows).to_have_count(100)
    await a.hook("recipients-more").click()
    await expect(rows).to_have_count(151)
    await a.hook("recipients-find").fill("PERSON-149")
    await expect(rows).to_have_count(1)
    for does, then, left in (("Remove", "Put back", 150), ("Put back", "Remove", 151)):
        await expect(rows.get_by_role("button")).to_have_text(does)
        await rows.get_by_role("button").press("Enter")
        await expect(rows.get_by_role("button")).to_have_text(then)
        await expect(rows.get_by_role("button")).to_be_focused()
        await expect(a.hook("recipients-note")).to_contain_text(f"{left} people on the list")

    async with a.page.expect_download() as download:
        await a.hook("recipients-export").click()
    lines = Path(await (await download.value).path()).read_text("utf-8-sig").splitlines()
    assert (lines[0], len(lines)) == ("id,added,operator,note", 152)
    await a.page.keyboard.press("Escape")
    await expect(a.hook("recipients-dialog")).to_be_hidden()


async def test_who_was_messaged_is_seen_with_the_run_and_one_is_forgotten(
    two_servers: Cluster, open_console: Open
) -> None:
    a, b = await pair(two_servers, open_console)
    await a.hook("chat-text").fill("Hello there")
    await a.start("chat")
    await expect(b.hook("chat-status")).to_contain_text("Completed")
    await b.from_menu("chat-messaged")
    rows = b.hook("recipients-list").get_by_role("listitem")
    await expect(rows.first).to_contain_text("run of")
    await expect(b.hook("recipients-add")).to_be_hidden()
    await rows.first.get_by_role("button").click()
    await expect(rows.first.get_by_role("button")).to_have_text("Removed")
    await expect(b.hook("recipients-note")).to_contain_text("can be messaged again")
    assert await b.audit() == []
