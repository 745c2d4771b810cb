"""The transport: Engine.IO v4 and Socket.IO v5 servers for aiohttp.

``EngineServer`` and ``SocketServer`` take the place of ``engineio.AsyncServer`` and
``socketio.AsyncServer``; ``Rooms`` is a client manager that delivers without a task per recipient.
They need nothing else of alphasync.
"""

from alphasync.transport.engine import EngineServer
from alphasync.transport.outgoing import Outgoing, message
from alphasync.transport.rooms import Rooms
from alphasync.transport.server import SocketServer

__all__ = ["EngineServer", "Outgoing", "Rooms", "SocketServer", "message"]
