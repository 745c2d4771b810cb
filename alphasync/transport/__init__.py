"""The transport: Engine.IO v4 and Socket.IO v5 servers for aiohttp.

``EngineServer`` and ``SocketServer`` take the place of ``engineio.AsyncServer`` and
``socketio.AsyncServer``; ``Rooms`` is a client manager that delivers without a task per recipient.
They need nothing else of alphasync. What comes from Redis to be delivered comes over ``wire``.
"""

from alphasync.transport.bucket import Bucket, Buckets
from alphasync.transport.engine import EngineServer, client_network
from alphasync.transport.meter import Allowance
from alphasync.transport.moving import Mover
from alphasync.transport.outgoing import Outgoing, message
from alphasync.transport.peers import FindPeer, Peers
from alphasync.transport.rooms import Rooms
from alphasync.transport.server import SocketServer
from alphasync.transport.socket import EngineSocket

__all__ = [
    "Allowance",
    "Bucket",
    "Buckets",
    "EngineServer",
    "EngineSocket",
    "FindPeer",
    "Mover",
    "Outgoing",
    "Peers",
    "Rooms",
    "SocketServer",
    "client_network",
    "message",
]
