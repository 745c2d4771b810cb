"""The transport: Engine.IO v4 and Socket.IO v5 servers for aiohttp.

``EngineServer`` and ``SocketServer`` take the place of ``engineio.AsyncServer`` and
``socketio.AsyncServer``; ``Rooms`` is a client manager that delivers without a task per recipient.
They need nothing else of alphasync.
"""

from alphasync.transport.bucket import Bucket, Buckets
from alphasync.transport.client_rooms import Rooms
from alphasync.transport.engine_server import EngineServer
from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.meter import Allowance
from alphasync.transport.moving import Mover
from alphasync.transport.networks import client_network
from alphasync.transport.outgoing import Outgoing, message
from alphasync.transport.peers import FindPeer, Peers
from alphasync.transport.socket_server import SocketServer
from alphasync.transport.taking import Answer, Shortcut, Take

__all__ = [
    "Allowance",
    "Answer",
    "Bucket",
    "Buckets",
    "EngineServer",
    "EngineSocket",
    "FindPeer",
    "Mover",
    "Outgoing",
    "Peers",
    "Rooms",
    "Shortcut",
    "SocketServer",
    "Take",
    "client_network",
    "message",
]
