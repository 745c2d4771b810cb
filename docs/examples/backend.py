"""A backend of alphasync: ALPHASYNC_TOKEN=ast_… python backend.py http://localhost:3001 1001 Hello

It starts a run with a service token, and says what became of it once it has ended.
"""

import json
import os
import sys
import time
import uuid
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen


class Api:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> dict[str, Any]:
        """Ask; with a key as often as it takes, for the server does it once."""
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        data = None if body is None else json.dumps(body).encode()
        wait = 0.5
        while True:
            try:
                request = Request(self.url + path, data, headers, method=method)
                with urlopen(request, timeout=30) as answer:
                    return dict(json.load(answer))
            except HTTPError as error:
                said = json.load(error)
                if not said["retryable"]:
                    return dict(said)
            except (URLError, TimeoutError):
                pass  # it may have been done: ask again under the same key
            time.sleep(wait)
            wait = min(2 * wait, 10)


def main(url: str, profile: str, message: str) -> None:
    api = Api(url, os.environ["ALPHASYNC_TOKEN"])
    start = {"profileId": profile, "type": "chat", "message": message}
    # Keep the key with what you want done, so that a restart of yours asks under it, too.
    run = api.ask("POST", "/api/commands/startProcessing", start, key=str(uuid.uuid4()))
    if not run["ok"]:
        raise SystemExit(f"{run['code']}: {run['message']}")
    print(f"run {run['runId']} has begun")
    while True:
        found = api.ask("GET", f"/api/runs/{run['runId']}")
        if found.get("code") != "unknown_run":  # it goes on
            break
        time.sleep(1)
    ended = found["run"]
    print(f"{ended['outcome']}: {ended['sent']} of {ended['total']} messaged")


if __name__ == "__main__":
    main(*sys.argv[1:4])
