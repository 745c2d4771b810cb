"""A client of alphasync: python client.py http://localhost:3001 demo@example.com demo

It types a text for the first profile, starts a run with it, and leaves when that has ended.
"""

import asyncio
import sys
from typing import Any

import aiohttp
import socketio

ENDS = ("processingComplete", "processingStopped", "processingInterrupted")


async def sign_in(url: str, email: str, password: str) -> tuple[str, list[dict[str, Any]]]:
    """The token for the socket, and the profiles."""
    async with aiohttp.ClientSession(url) as http:
        credentials = {"email": email, "password": password}
        async with http.post("/api/auth/login", json=credentials) as answer:
            login = await answer.json()
            if not answer.ok:
                raise SystemExit(f"{login['code']}: {login['message']}")
        headers = {"X-Alpha-Date-Token": login["alphaDateToken"]}
        async with http.get("/api/profiles", headers=headers) as answer:
            return login["token"], await answer.json()


class Client:
    def __init__(self, token: str) -> None:
        self.known: dict[str, Any] = {"token": token, "deviceName": "example"}
        """What the next connection offers: who this device is, and what it has seen last."""
        self.ended: asyncio.Future[tuple[str, dict[str, Any]]] = asyncio.Future()
        self.sio = socketio.AsyncClient()
        self.sio.on("*", self.receive)

    async def connect(self, url: str) -> None:
        # The function is called for every connection, also when the library comes back by itself.
        await self.sio.connect(url, auth=lambda: self.known, transports=["websocket"])

    async def receive(self, event: str, data: dict[str, Any]) -> None:
        if event == "deviceRegistered":
            self.known.update(deviceId=data["deviceId"], resumeToken=data["resumeToken"])
            if not data["recovered"]:
                print("the state follows: forget what was known")
        if event in ("deviceRegistered", "resync"):
            self.known.update(epoch=data["epoch"], revision=data["revision"])
        elif data.get("revision", 0) > self.known.get("revision", 0):
            self.known["revision"] = data["revision"]
        if event == "processingProgress":
            progress = data["progress"]
            print(f"{progress['current']}/{progress['total']} {progress['message']}")
        if event in ENDS and not self.ended.done():
            self.ended.set_result((event, data))

    async def send(self, command: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a command; try again while that makes sense."""
        wait = 0.5
        while True:
            try:
                ack = await self.sio.call(command, payload, timeout=10)
            except socketio.exceptions.SocketIOError:  # no answer, or no connection at present
                ack = {"ok": False, "retryable": True}
            if ack["ok"]:
                return dict(ack)
            if not ack["retryable"]:
                raise SystemExit(f"{ack['code']}: {ack['message']}")
            await asyncio.sleep(wait)
            wait = min(2 * wait, 10)


async def main(url: str, email: str, password: str) -> None:
    token, profiles = await sign_in(url, email, password)
    about = {"profileId": profiles[0]["external_id"], "type": "chat"}
    client = Client(token)
    await client.connect(url)
    await client.send("updateMessage", {**about, "message": "Hello there"})
    run = await client.send("startProcessing", {**about, "message": "Hello there"})
    print(f"run {run['runId']} has begun")
    event, data = await client.ended
    print(event, data.get("stats", ""))
    await client.sio.disconnect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
