"""A chat room for everybody: python transport.py 8080"""

import sys
from typing import Any

from aiohttp import web

from alphasync.transport import SocketServer

sio = SocketServer(async_mode="aiohttp", cors_allowed_origins=[])
app = web.Application()
sio.attach(app)


@sio.event
async def connect(sid: str, environ: dict[str, Any], auth: dict[str, str] | None) -> None:
    await sio.save_session(sid, {"name": (auth or {}).get("name", "somebody")})
    await sio.enter_room(sid, "everybody")


@sio.event
async def say(sid: str, text: str) -> str:
    name = (await sio.get_session(sid))["name"]
    await sio.emit("said", {"name": name, "text": text}, room="everybody", skip_sid=sid)
    return "passed on"


if __name__ == "__main__":
    web.run_app(app, port=int(sys.argv[1]), print=None)
