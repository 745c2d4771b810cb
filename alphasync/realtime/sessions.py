"""The sessions of this replica: one authenticated socket each."""

import asyncio
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from alphasync.domain.identity import Identity
from alphasync.domain.runs import Key
from alphasync.errors import NotRegistered
from alphasync.realtime.auth import Handshake
from alphasync.realtime.early import Early
from alphasync.services.devices import Credentials, new_credentials
from alphasync.transport import EngineSocket


class Phase(enum.Enum):
    JOINING = "joining"
    """Authenticated; its device is not registered yet, and it gets no events."""
    REGISTERED = "registered"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Session:
    sid: str
    socket: EngineSocket
    who: Identity
    offer: Handshake
    """What the client said of itself."""
    fresh: Credentials = field(default_factory=new_credentials)
    """What it is to be if it is a device that was not here before."""
    device_id: str = ""
    resumed: bool = False
    name: str = ""
    resume_token: str = ""
    asked: bool = False
    """Whether Redis was asked to put it on record: it may be, also where no answer came."""
    warned: bool = False
    """Whether it was told that its token is about to expire."""
    phase: Phase = Phase.JOINING
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the session is no longer joining."""
    joining: asyncio.Task[None] | None = None
    expiry: asyncio.TimerHandle | None = None
    """Of its token: the warning, then the end."""

    early: Early = field(default_factory=Early)
    """Its commands that came before it was registered."""
    watching: asyncio.Task[None] | None = None
    """Looks after those."""
    unsaid: dict[str, None] = field(default_factory=dict)
    """Refusals that it gets once it is registered."""
    owed: dict[Key, None] = field(default_factory=dict)
    """Runs whose state it is to be told."""
    following: asyncio.Task[None] | None = None
    """Tells it both."""
    rooms: list[str] = field(default_factory=list)

    def move(self, phase: Phase) -> None:
        self.phase = phase
        self.settled.set()
        if phase is Phase.REGISTERED:
            self.early.open()
        else:
            self.early.refuse(NotRegistered())


class Sessions:
    """All sessions of this replica: by socket, by account, and by room once they are in one."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Session] = {}
        self._by_account: dict[str, dict[str, Session]] = {}
        self._by_room: dict[str, dict[Session, None]] = {}

    def add(self, session: Session) -> None:
        self._by_sid[session.sid] = session
        self._by_account.setdefault(session.who.account, {})[session.sid] = session

    def remove(self, session: Session) -> None:
        self._by_sid.pop(session.sid, None)
        for room in session.rooms:
            inside = self._by_room[room]
            del inside[session]
            if not inside:
                del self._by_room[room]
        session.rooms = []
        members = self._by_account.get(session.who.account, {})
        members.pop(session.sid, None)
        if not members:
            self._by_account.pop(session.who.account, None)

    def enter(self, session: Session, rooms: list[str]) -> None:
        """From here on it is a member of these rooms, until it is removed."""
        session.rooms = rooms
        for room in rooms:
            self._by_room.setdefault(room, {})[session] = None

    def members(self, room: str) -> list[Session]:
        """Who is in a room now, in the order in which they came."""
        return list(self._by_room.get(room, ()))

    def get(self, sid: str) -> Session | None:
        return self._by_sid.get(sid)

    def registered(self, account: str) -> list[Session]:
        """The account's sessions that get events, in the order in which they came."""
        members = self._by_account.get(account, {})
        return [session for session in members.values() if session.phase is Phase.REGISTERED]

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
