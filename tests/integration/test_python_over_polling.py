"""Python's client, which takes an answer of more than sixteen packets for an attack and goes."""

import pytest
from engineio.payload import Payload as Body

from tests.harness import Cluster, cluster, wait_until
from tests.integration.support import people
from tests.spread import spread

DRAFTS, RUNS, STROKES = 40, 20, 200
PROFILES = {f"p{number}": 1 for number in range(RUNS)}


async def fill(running: Cluster) -> None:
    """An account with so many drafts, and runs that have ended."""
    writer = await running.device()
    for number in range(DRAFTS):
        draft = {"profileId": f"draft {number}", "type": "mail", "message": "kept"}
        assert (await writer.call("updateMessage", draft))["ok"]
    for profile in PROFILES:
        assert (await writer.start(profile))["ok"]
    await writer.wait_for("processingComplete", RUNS)


@pytest.mark.parametrize("servers", [1, 3])
async def test_it_comes_to_an_account_with_many_drafts_and_runs(
    redis_url: str, servers: int
) -> None:
    """Three servers: its polls go to each in turn, and most are passed on."""
    assert Body.max_decode_packets == 16, "its own bound holds here: see that nothing lifts it"
    async with cluster(redis_url, servers, people=people(**PROFILES)) as running:
        await fill(running)
        async with spread(running.urls) as url:
            running.urls.append(url)
            reader = await running.device(servers, transports=["polling"])
            await wait_until(lambda: len(reader.named("messageSync")) == DRAFTS)
            await wait_until(lambda: len(reader.named("processingStateSync")) == RUNS)
            # What comes all at once between two of its polls, too.
            writer = await running.device()
            texts = [f"text {number}" for number in range(STROKES)]
            for text in texts:
                await writer.emit(
                    "updateMessage", {"profileId": "live", "type": "chat", "message": text}
                )
            await reader.wait_for("messageUpdated", message=texts[-1])
            assert [data["message"] for data in reader.named("messageUpdated")] == texts
            assert len(reader.named("deviceRegistered")) == 1
            await reader.close()
