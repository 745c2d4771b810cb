"""Real load balancers, each with its file from docs/deploy as it is there, but for ports."""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import aiohttp

from tests.deploy.product import DEPLOY, program
from tests.ports import free_port

CONFIGURATIONS = ["haproxy.cfg", "haproxy-affinity.cfg", "nginx.conf", "nginx-affinity.conf"]
START_WITHIN = 60.0

NGINX_MAIN = """\
daemon off;
{user}
pid nginx.pid;
error_log stderr warn;
worker_processes 2;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}}
"""
"""What is around a site's file: as in the distribution's nginx.conf, in a folder of ours."""


class Balancer:
    """One of ``CONFIGURATIONS``, in front of servers at these ports of this machine."""

    def __init__(self, configuration: str, servers: list[int]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = Path(tempfile.mkdtemp(prefix="as-balancer-"))
        self._environment = dict(os.environ)
        self._process: subprocess.Popen[bytes] | None = None
        prepare = self._haproxy if configuration.startswith("haproxy") else self._nginx
        self._command, self._only_check = prepare(configuration, servers)

    def _haproxy(self, configuration: str, servers: list[int]) -> tuple[list[str], str]:
        self._environment["LISTEN"] = f"127.0.0.1:{self.port}"
        for place, port in enumerate(servers, 1):
            self._environment[f"SERVER_{place}"] = f"127.0.0.1:{port}"
        return [program("haproxy"), "-db", "-f", str(DEPLOY / configuration)], "-c"

    def _nginx(self, configuration: str, servers: list[int]) -> tuple[list[str], str]:
        ports = iter(servers)
        site = (DEPLOY / configuration).read_text()
        site = re.sub(r"(?<=server 127\.0\.0\.1:)\d+", lambda _: str(next(ports)), site)
        site = site.replace("listen 8080;", f"listen 127.0.0.1:{self.port};")
        (self._folder / "site.conf").write_text(site)
        # Started by root, its workers would be somebody who may not look into the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (self._folder / "nginx.conf").write_text(NGINX_MAIN.format(user=user))
        return [
            program("nginx"),
            "-p",
            str(self._folder),
            "-c",
            "nginx.conf",
            "-e",
            "stderr",
        ], "-t"

    def check(self) -> None:
        """Let the program itself look at its configuration; fails for a warning, too."""
        done = subprocess.run(
            [*self._command, self._only_check],
            env=self._environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "warn" not in done.stderr.lower(), done.stderr

    async def start(self) -> None:
        """Return when a server answers through it."""
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log
            )
        async with aiohttp.ClientSession() as http, asyncio.timeout(START_WITHIN):
            while not await self._answers(http):
                assert self._process.poll() is None, self.log
                await asyncio.sleep(0.05)

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
