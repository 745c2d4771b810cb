"""Where a push service may be: nowhere within our network, however that is written."""

import asyncio

import pytest

from alphasync.services.push_services import Outcome, PushServices

INSIDE = [
    *("127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[fe80::1%25eth0]"),
    # Digits and dots of Unicode: whoever asks means those of ASCII.
    *(
        "\uff11\uff12\uff17.0.0.1",
        "\u246027.0.0.1",
        "127\u30020\uff0e0\uff611",
        "\U0001d7cf0.1.2.3",
    ),
    *("127.1", "10.1", "2130706433", "0177.0.0.1", "0x7f.1", "0X7F.0.0.1", "127.0.0.1.", "1.0x"),
    *(
        "localhost",
        "\uff4cocalhost",
        "x.\u24be\u24c3\u24c9\u24ba\u24c7\u24c3\u24b6\u24c1",
        "printer",
        "a.local.",
    ),
]


@pytest.mark.parametrize("host", INSIDE)
def test_nothing_is_sent_into_our_network(host: str) -> None:
    services = PushServices(private=False)
    assert services.objection(f"https://{host}/1")
    assert services.objection(f"https://{host}:443/1")


@pytest.mark.parametrize(
    "host", ["[::1]@", "x[::1]@", "[]@", "[::1][::1]@", "push.example\0", "push.\nexample", " x.y"]
)
def test_what_is_no_address_is_refused(host: str) -> None:
    assert PushServices(private=False).objection(f"https://{host}/1") == "it is no address"
    assert PushServices(private=True).objection(f"https://{host}/1") == "it is no address"


@pytest.mark.parametrize(
    "host", ["push.example", "\u00fc.push.example", "1.push.example", "93.184.216.34", "x.0xyz"]
)
def test_elsewhere_it_may_be(host: str) -> None:
    assert PushServices(private=False).objection(f"https://{host}/1") is None


async def test_an_address_that_nobody_objected_to_is_looked_at_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reached = []

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer)
        writer.close()

    monkeypatch.setattr("alphasync.services.push_services.RETRY_WAITS", ())
    monkeypatch.setattr(PushServices, "objection", lambda *_: None)
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/1"
        for private in (False, True):
            services = PushServices(private=private)
            assert (
                await services.send(endpoint, "", "", b"", asyncio.Semaphore())
                is Outcome.UNREACHABLE
            )
            await services.close()
            assert bool(reached) is private
