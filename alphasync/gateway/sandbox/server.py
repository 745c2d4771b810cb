"""The sandbox as an application and as a running HTTP server, with the page that shows it."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from aiohttp import web

from alphasync.gateway.sandbox.cast import default_people
from alphasync.gateway.sandbox.faults import Faults, FaultsError
from alphasync.gateway.sandbox.people import People
from alphasync.gateway.sandbox.routes import Sandbox, error_answer
from alphasync.intake import PAGE_GUARDED, Intake, open_intake
from alphasync.intake.sockets import open_sockets

# Seconds that requests in progress get when the sandbox is closed.
SHUTDOWN_TIMEOUT = 1.0

_PAGE_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    **PAGE_GUARDED,
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RunningSandbox:
    """A sandbox that listens. `url` has no slash at its end."""

    def __init__(self, runner: Intake, host: str, port: int) -> None:
        self._runner = runner
        self.port = port
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def close(self) -> None:
        """Stop listening and end the requests in progress."""
        await self._runner.cleanup()


def create_app(people: People | None = None, faults: Faults | None = None) -> web.Application:
    """The sandbox as an application; by default with the demo cast, and no faults."""
    sandbox = Sandbox(people or default_people(), faults or Faults())
    app = web.Application(middlewares=[_errors_as_json])
    app.add_routes(sandbox.routes())
    for path, (name, content_type) in _PAGE_FILES.items():
        app.router.add_get(path, _page_handler(name, content_type))
    return app


async def start_sandbox(
    host: str, port: int, people: People | None = None, faults: Faults | None = None
) -> RunningSandbox:
    """Run a sandbox; port 0 takes any free one. Raises OSError if it cannot listen."""
    sockets = open_sockets(host, port)
    runner = await open_intake(create_app(people, faults), shutdown_timeout=SHUTDOWN_TIMEOUT)
    return RunningSandbox(runner, host, await runner.listen(sockets))


def _page_handler(name: str, content_type: str) -> Handler:
    body = files(__package__).joinpath(name).read_bytes()

    async def page(_request: web.Request) -> web.Response:
        return web.Response(
            body=body, content_type=content_type, charset="utf-8", headers=_PAGE_HEADERS
        )

    return page


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        response = error_answer(error.status, error.text or error.reason)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except FaultsError as error:
        return error_answer(400, str(error))
