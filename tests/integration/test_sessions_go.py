"""What is left of a device that has gone: nothing, without the garbage collector's help."""

import gc

from alphasync.realtime.sessions import Session
from tests.harness import Cluster, wait_until


def sessions() -> int:
    return sum(type(thing) is Session for thing in gc.get_objects())


async def test_a_session_goes_by_itself(one_server: Cluster) -> None:
    gc.collect()
    gc.disable()
    before = sessions()
    try:
        device = await one_server.device()
        assert (await device.call("heartbeat"))["ok"]
        assert sessions() > before
        await device.close()
        await wait_until(lambda: sessions() <= before, what="nothing is left")
    finally:
        gc.enable()
