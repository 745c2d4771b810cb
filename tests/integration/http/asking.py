"""What the tests of the HTTP interface ask with, and from where."""

import json
from typing import Any

import aiohttp

from tests.integration.support import Payload

ALLOWED = ["http://localhost:3000", "http://localhost:5173"]
FOREIGN = [
    "null",
    "https://evil.example",
    "http://localhost:3000.evil.example",
    "http://evil.example/http://localhost:3000",
    "http://localhost:30000",
    "http://localhost:300",
    "http://localhost",
    "https://localhost:3000",
    "http://localhost:3000/",
    "http://localhost:3000@evil.example",
    "http://sub.localhost:3000",
    "http://notlocalhost:3000",
    "HTTP://LOCALHOST:3000",
    "http://127.0.0.1:3000",
    "http://localhost:3000, https://evil.example",
    "*",
    "file://",
    "chrome-extension://abcdefgh",
]
DEMO = {"email": "demo@example.com", "password": "demo"}
HANDLE = "X-Alpha-Date-Token"
JSON = {"Content-Type": "application/json"}


async def answer(
    web: aiohttp.ClientSession, method: str, path: str, **options: Any
) -> tuple[int, Any, str]:
    """Status, body and the body's text."""
    async with web.request(method, path, **options) as response:
        text = await response.text()
        assert response.content_type == "application/json", (response.status, text)
        return response.status, json.loads(text), text


async def login(web: aiohttp.ClientSession) -> Payload:
    status, body, _ = await answer(web, "POST", "/api/auth/login", json=DEMO)
    assert status == 200
    assert isinstance(body, dict)
    return body
