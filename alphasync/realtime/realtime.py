"""The Socket.IO server, put together."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import socketio
from aiohttp import web

from alphasync import telemetry
from alphasync.errors import AlphasyncError, SignedOut
from alphasync.intake.origins import OriginRule
from alphasync.membership.holdings import Holding
from alphasync.membership.lease_table import Adoption
from alphasync.membership.name import ServerName
from alphasync.protocol.parsing import read_packed_text, read_text
from alphasync.realtime import audience
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.answering import Answering
from alphasync.realtime.catch_up import CatchUp
from alphasync.realtime.dispatch import Dispatcher
from alphasync.realtime.farewell import Farewell
from alphasync.realtime.followups import FollowUps
from alphasync.realtime.from_http import FromHttp
from alphasync.realtime.handlers import Handlers
from alphasync.realtime.joins import Complete, Joins
from alphasync.realtime.limits import EventLimits, JoinLimits, Limits
from alphasync.realtime.manager import Manager
from alphasync.realtime.moves import Moves
from alphasync.realtime.order import Envelope
from alphasync.realtime.presence import CUT_INTERVAL, CUT_TIMEOUT, Check, Presence, Registered
from alphasync.realtime.registration import Registration, read_handshake
from alphasync.realtime.relay import Relay
from alphasync.realtime.sessions import Session, Sessions
from alphasync.realtime.sign_offs import Others, SignOffs
from alphasync.realtime.subscriber import Subscriber
from alphasync.realtime.turns import Turns
from alphasync.services.account_state import AccountState
from alphasync.services.devices import Devices
from alphasync.services.grace import Graces
from alphasync.services.refusals import Refusals
from alphasync.services.tokens import InvalidToken, Tokens
from alphasync.store.connect import Store
from alphasync.transport import Allowance, FindPeer, Peers, Shortcut, SocketServer

PAYLOAD_MAX = 64 * 1024
"""Bytes of one message from a client: the longest mail with its attachments fits four times."""

CONNECTS_MAX = 10
"""CONNECT packets of one connection: a client needs one, and each brings a snapshot."""
BUFFER_MAX = 1_000_000
"""Bytes that may wait for one client: thousands of events, and what a thousand such clients cost is
still below the memory of a small machine."""


class Realtime:
    """Everything between the sockets and the services, and the keeper of devices."""

    def __init__(
        self,
        store: Store,
        server_name: ServerName,
        tokens: Tokens,
        complete: Complete,
        registered: Registered,
        check: Check,
        devices: Devices,
        graces: Graces,
        account_state: AccountState,
        handlers: Handlers,
        refusals: Refusals,
        origins: OriginRule,
        heartbeat: float,
        ping_interval: float,
        ping_timeout: float,
        limits: Limits,
        allowance: Allowance,
        joins: JoinLimits,
        events: EventLimits,
        secrets: tuple[str, ...],
        find_peer: FindPeer,
        other_servers: Others,
        echo_on: Callable[[str], None],
        address_of: Callable[[web.Request], str],
    ) -> None:
        peers = Peers(secrets, find_peer, server_name.base)
        self._graces = graces
        self._limits = limits
        event_allowance = EventAllowance(events)
        self._tokens = tokens
        self._account_state = account_state
        self.sessions = Sessions()
        self._manager = Manager(store.pipeline, self.sessions, self._connected)
        self.subscriber = Subscriber(store, self._make_relay, echo_on)
        self.subscriber.listen(self._manager.channel, self._manager.hear)
        self.sign_offs = SignOffs(self.sessions, self._manager, other_servers)
        turns = Turns(joins)
        catch_up = CatchUp(self.sessions, self._manager, self.subscriber, turns)
        farewell = Farewell(self.subscriber, devices, graces, server_name)
        self._presence = Presence(
            self.sessions,
            self._manager,
            Joins(
                self._manager,
                turns,
                catch_up,
                devices,
                account_state,
                complete,
                server_name,
                heartbeat,
                lambda who: self.sign_offs.remember(who.sign_in),
            ),
            catch_up,
            farewell,
            devices,
            account_state,
            server_name,
            heartbeat,
            registered,
            check,
        )
        self._moves = Moves(
            self.sessions,
            self._manager,
            self.subscriber,
            self._presence,
            catch_up,
            farewell,
            devices,
            account_state,
            limits,
            event_allowance,
        )
        self.server = SocketServer(
            async_mode="aiohttp",
            client_manager=self._manager,
            cors_allowed_origins=lambda origin, environ: origins(
                origin, environ.get("HTTP_HOST", "")
            ),
            cors_credentials=True,
            max_http_buffer_size=PAYLOAD_MAX,
            buffer_max=BUFFER_MAX,
            address_max=limits.address,
            conflate=audience.replaces,
            attachments_max=0,  # no command has binary parts
            connects_max=CONNECTS_MAX,
            allowance=allowance,
            on_limit=lambda limit: telemetry.limits.labels(limit).inc(),
            peers=peers,
            mover=self._moves,
            on_told=self.sign_offs.told,
            on_forward=lambda what: telemetry.forwarded.labels(what).inc(),
            address_of=address_of,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            logger=_errors_only("alphasync.socketio"),
            engineio_logger=_errors_only("alphasync.engineio"),
        )
        self._followups = FollowUps(self._manager, account_state, lambda: store.pipeline.connected)
        self._dispatch = Dispatcher(
            self.sessions,
            Answering(self._manager, self._followups, event_allowance, refusals),
            handlers,
            self._followups,
            event_allowance,
            early_max=events.burst,
            early_bytes=limits.early_bytes,
            typed_wait=limits.typed_wait,
        )
        self.from_http = FromHttp(handlers, account_state, event_allowance, refusals)
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.server.on("*", self._dispatch.carry_out)
        self.server.at_once = self._dispatch.take
        self.server.shortcut = Shortcut(read_text, read_packed_text)

    def attach(self, app: web.Application) -> None:
        """Serve clients."""
        self.server.attach(app)

    def attach_internal(self, app: web.Application) -> None:
        """Serve what the other servers pass on."""
        self.server.eio.attach_internal(app)

    def start(self) -> None:
        self.subscriber.start()
        self._presence.start()

    def adopt(self, holding: Holding, adoption: Adoption) -> None:
        """Look after a device whose server is gone."""
        self._graces.adopt(holding, adoption)

    async def sign_off(self, sid: str) -> None:
        """End a session, on whichever server it is, whose device another one has signed out."""
        await self._manager.sign_off(sid)

    def reclaim(self, former: str) -> None:
        """Others have taken over from this server, or Redis has lost its data: put the sessions
        on record again, and have each account's devices in step."""
        self._presence.restore()
        self.subscriber.look()

    def note_again(self) -> None:
        """The notes of this server's devices are gone from Redis."""
        self._presence.note_again()

    @property
    def connections(self) -> int:
        """Clients whose connection ends with this server."""
        return len(self.sessions) + self.server.eio.tunnels

    @property
    def detached(self) -> int:
        """Files that are open for clients beyond their HTTP connections."""
        return self.server.eio.detached

    def knows(self, sid: str) -> bool:
        """Whether it is a session here whose client has said who it is."""
        return self.server.knows(sid)

    def cut_stranger(self, after: float) -> bool:
        """Close the WebSocket of somebody who has not said for so many seconds who they are;
        returns whether there was one."""
        return self.server.cut_stranger(after)

    async def close(self) -> None:
        """Cut all sockets, spread over a few seconds, and stop."""
        self.server.eio.sessions.accepting = False  # who is cut is not to come back here
        await asyncio.gather(self._presence.cut_all(), self._cut_tunnels())
        await self._followups.close()
        await self._presence.close()
        await self._moves.close()
        await self.sign_offs.close()
        await self.subscriber.close()
        await self._manager.close()
        await self.server.shutdown()

    async def _cut_tunnels(self) -> None:
        while tunnels := self.server.eio.tunnels:
            self.server.eio.cut_tunnel()
            await asyncio.sleep(min(CUT_INTERVAL, CUT_TIMEOUT / tunnels))

    async def _connect(self, sid: str, environ: dict[str, Any], offered: object) -> None:
        """Refuse who cannot prove who they are."""
        try:
            handshake = read_handshake(offered, environ)
            who = await self._tokens.prove(handshake.token)
        except AlphasyncError as error:
            telemetry.commands.labels("connect", error.code).inc()
            raise socketio.exceptions.ConnectionRefusedError(error.message) from None
        if self.sign_offs.knows(who):
            telemetry.commands.labels("connect", SignedOut.code).inc()
            # The words by which clients know that they have to sign in.
            raise socketio.exceptions.ConnectionRefusedError(
                InvalidToken.default_message, {"code": SignedOut.code}
            )
        if self.sessions.count(who.account) >= self._limits.account:
            telemetry.limits.labels("connections_per_account").inc()
            raise socketio.exceptions.ConnectionRefusedError("Too many connections of this account")
        socket = self.server.eio.sockets.get(self._manager.eio_sid_from_sid(sid, "/") or "")
        if socket is not None:
            registration = Registration(sid, who, handshake)
            self.sessions.add(Session(socket, registration, self.subscriber.hold(who.account)))

    def _connected(self, sid: str) -> None:
        session = self.sessions.get(sid)
        if session is not None:
            self._presence.connected(session)

    async def _disconnect(self, sid: str, reason: str) -> None:
        session = self.sessions.get(sid)
        if session is not None:
            on_purpose = reason == self.server.reason.CLIENT_DISCONNECT
            self._presence.disconnected(session, on_purpose=on_purpose)

    def _make_relay(self, account: str) -> Relay:
        return Relay(account, self._account_state, self._deliver, self._presence.resync)

    def _deliver(self, account: str, envelope: Envelope) -> None:
        telemetry.events_delivered.inc(self._manager.deliver(account, envelope))
        self.sign_offs.hear(account, envelope)


def _errors_only(name: str) -> logging.Logger:
    """A logger for a library, whose own would also write by itself, past our lines of JSON."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.ERROR)
    return logger
