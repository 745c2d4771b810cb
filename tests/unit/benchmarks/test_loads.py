"""A flood keeps as many commands on their way as it is to, and no room has two of them."""

import asyncio

from benchmarks.loads import Flood


class Silent:
    """A device of the load generator that says nothing."""

    ready: "asyncio.Future[None]"
    lost = False
    error = ""

    def send(self, text: bytes) -> None: ...

    def leave(self) -> None: ...


def test_a_room_sends_again_when_all_have_heard_and_the_others_had_their_turn() -> None:
    rooms = [[Silent() for _ in range(3)] for _ in range(3)]
    sent: list[int] = []
    flood = Flood({one: n for n, room in enumerate(rooms) for one in room}, [3, 3, 3], sent.append)
    flood.next()
    flood.next()
    assert sent == [0, 1]
    flood.heard(rooms[0][0], b"", 0, 0)
    assert sent == [0, 1]  # the other one of the two who are to hear has not
    flood.heard(rooms[0][1], b"", 0, 0)
    assert sent == [0, 1, 2]
    for client in rooms[1][:2]:
        flood.heard(client, b"", 0, 0)
    assert sent == [0, 1, 2, 0]


def test_it_ends_with_the_last_arrival() -> None:
    room = [Silent(), Silent()]
    sent: list[int] = []
    flood = Flood(dict.fromkeys(room, 0), [2], sent.append)
    flood.next()
    flood.over = True
    still_going = not flood.done
    flood.heard(room[0], b"", 0, 0)
    assert still_going
    assert flood.done
    assert sent == [0]
