"""The sessions of this server: one authenticated socket each, and the rooms that they are in."""

import asyncio
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from alphasync.domain.identity import Identity
from alphasync.domain.runs import Key
from alphasync.realtime.audience import rooms_of
from alphasync.realtime.early import Early
from alphasync.realtime.overtaking import Typing
from alphasync.realtime.registration import Registration
from alphasync.realtime.relay import Relay
from alphasync.services.devices import DeviceCredentials, new_credentials
from alphasync.transport import EngineSocket


class Phase(enum.Enum):
    JOINING = "joining"
    """Authenticated; its device is not registered here yet, and it gets no events."""
    REGISTERED = "registered"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Session:
    socket: EngineSocket
    registration: Registration
    relay: Relay
    """Of its account, held until the session has ended."""
    fresh: DeviceCredentials = field(default_factory=new_credentials)
    """What it is to be if it is a device that was not here before."""
    asked: bool = False
    """Whether Redis was asked to put it on record: it may be, also where no answer came."""
    superseded: str = ""
    """The session that had its device until now."""
    phase: Phase = Phase.JOINING
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the session is no longer joining."""
    catching_up: asyncio.Task[None] | None = None
    """Brings it up to date: when it joins or comes from another server, and after a new log."""
    signed_off: bool = False
    """Whether its login was ended: it leaves for good."""
    expiry: asyncio.TimerHandle | None = None
    """Of its token: the warning, then the end."""

    early: Early = field(default_factory=Early)
    """Its commands that wait: for its registration, or behind a text."""
    typing: Typing = field(init=False)
    """Its texts that are under way."""
    watching: asyncio.Task[None] | None = None
    """Looks after those that wait for its registration."""
    unsaid: dict[str, None] = field(default_factory=dict)
    """Refusals that it gets once it is registered."""
    owed: dict[Key, None] = field(default_factory=dict)
    """Runs whose state it is to be told."""
    following: asyncio.Task[None] | None = None
    """Tells it both."""
    rooms: tuple[str, ...] = ()
    """Kept by ``Sessions``."""

    def __post_init__(self) -> None:
        self.typing = Typing(self.early)

    @property
    def sid(self) -> str:
        return self.registration.sid

    @property
    def who(self) -> Identity:
        return self.registration.who

    @property
    def device_id(self) -> str:
        return self.registration.device_id

    def is_in_step(self) -> bool:
        """Whether it has got all events until now, and gets those that come."""
        return bool(self.rooms)

    def is_gone(self) -> bool:
        """Whether there is nobody left to be told anything."""
        return self.phase is Phase.CLOSED or self.socket.state.over

    def become(self, phase: Phase) -> None:
        self.phase = phase
        self.settled.set()
        if phase is Phase.REGISTERED:
            self.early.open()
        else:
            self.early.close()


class Sessions:
    """All sessions of this server: by socket, by account, and by room once they are in one."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Session] = {}
        self._by_account: dict[str, dict[str, Session]] = {}
        self._by_room: dict[str, dict[Session, None]] = {}

    def add(self, session: Session) -> None:
        self._by_sid[session.sid] = session
        self._by_account.setdefault(session.who.account, {})[session.sid] = session

    def remove(self, session: Session) -> None:
        self._by_sid.pop(session.sid, None)
        self.leave_rooms(session)
        members = self._by_account.get(session.who.account, {})
        members.pop(session.sid, None)
        if not members:
            self._by_account.pop(session.who.account, None)

    def enter_rooms(self, session: Session) -> None:
        """From here on it gets its account's events, until it leaves the rooms or is removed."""
        session.rooms = rooms_of(session.who)
        for room in session.rooms:
            self._by_room.setdefault(room, {})[session] = None

    def leave_rooms(self, session: Session) -> None:
        for room in session.rooms:
            inside = self._by_room[room]
            del inside[session]
            if not inside:
                del self._by_room[room]
        session.rooms = ()

    def members(self, room: str) -> list[Session]:
        """Who is in a room now, in the order in which they came."""
        return list(self._by_room.get(room, ()))

    def get(self, sid: str) -> Session | None:
        return self._by_sid.get(sid)

    def in_step(self, account: str) -> list[Session]:
        """The account's sessions that get events, in the order in which they came."""
        members = self._by_account.get(account, {})
        return [session for session in members.values() if session.is_in_step()]

    def of(self, account: str) -> list[Session]:
        """The account's sessions, whatever their phase."""
        return list(self._by_account.get(account, {}).values())

    def untaken(self, account: str) -> int:
        """Bytes that wait for the account's devices here."""
        members = self._by_account.get(account, {})
        return sum(session.socket.waiting for session in members.values())

    def count(self, account: str) -> int:
        """The account's sessions, whatever their phase."""
        return len(self._by_account.get(account, ()))

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_sid.values()))

    def __len__(self) -> int:
        return len(self._by_sid)
