"""The application on python-socketio as it is documented: AsyncServer, AsyncRedisManager, aiohttp.

It keeps no log and no record of devices, and orders nothing; alphasync does, in the same time.
"""

import json
import os
import time
from typing import Any

import jwt
import socketio
import uvloop
from aiohttp import web
from redis.asyncio import Redis

DRAFT_TTL = 2 * 3600
PAYLOAD_MAX = 64 * 1024


class Application:
    def __init__(self, redis: Redis, secret: str, server: socketio.AsyncServer) -> None:
        self._redis = redis
        self._secret = secret
        self._server = server
        self._accounts: dict[str, str] = {}

    async def connect(self, sid: str, environ: dict[str, Any], auth: dict[str, str]) -> None:
        try:
            claims = jwt.decode(auth["token"], self._secret, algorithms=["HS256"])
        except (jwt.PyJWTError, KeyError, TypeError):
            raise socketio.exceptions.ConnectionRefusedError(
                "Invalid authentication token"
            ) from None
        account = str(claims["operatorId"])
        self._accounts[sid] = account
        await self._server.enter_room(sid, account)
        await self._server.emit("deviceRegistered", {"deviceId": sid}, to=sid)
        drafts = await self._redis.hgetall(f"drafts:{account}")
        for draft in drafts.values():
            await self._server.emit("messageSync", json.loads(draft), to=sid)

    async def disconnect(self, sid: str, reason: str) -> None:
        self._accounts.pop(sid, None)

    async def update_message(self, sid: str, data: dict[str, Any]) -> None:
        account = self._accounts[sid]
        draft = {
            "profileId": str(data["profileId"]),
            "type": data["type"],
            "message": data["message"],
            "deviceId": sid,
            "timestamp": int(time.time() * 1000),
        }
        key = f"drafts:{account}"
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(key, f"{draft['type']}:{draft['profileId']}", json.dumps(draft))
            pipeline.expire(key, DRAFT_TTL)
            pipeline.incr(f"revision:{account}")
            _, _, revision = await pipeline.execute()
        draft["revision"] = revision
        await self._server.emit("messageUpdated", draft, room=account, skip_sid=sid)


async def ready(request: web.Request) -> web.Response:
    return web.Response(text="ready")


async def make_app() -> web.Application:
    url = os.environ["REDIS_URL"]
    redis: Redis = Redis.from_url(url)
    await redis.ping()
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        client_manager=socketio.AsyncRedisManager(url),
        max_http_buffer_size=PAYLOAD_MAX,
        ping_interval=float(os.environ["PING_INTERVAL"]),
        ping_timeout=float(os.environ["PING_TIMEOUT"]),
    )
    application = Application(redis, os.environ["JWT_SECRET"], server)
    server.on("connect", application.connect)
    server.on("disconnect", application.disconnect)
    server.on("updateMessage", application.update_message)
    app = web.Application()
    app.router.add_get("/readyz", ready)
    server.attach(app)
    return app


if __name__ == "__main__":
    web.run_app(
        make_app(),
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        access_log=None,
        print=None,
        backlog=4096,
        loop=uvloop.new_event_loop(),
    )
