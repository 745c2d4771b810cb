"""Figures for Prometheus: on a port of their own, or beside the rest for who brings a token."""

import hmac

from aiohttp import hdrs, web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from alphasync import telemetry
from alphasync.intake import GUARDED, refusal
from alphasync.services.tokens import BEARER, InvalidToken, MissingToken


class Metrics:
    """``token``: what whoever asks has to bring along, where it is set."""

    def __init__(self, token: str | None) -> None:
        self._token = token.encode() if token else None

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.figures)]

    def port(self) -> web.Application:
        """What a port of their own serves: them, and nothing else."""
        app = web.Application()
        app.add_routes(self.routes())
        return app

    async def figures(self, request: web.Request) -> web.Response:
        if self._token is not None:
            said = request.headers.get(hdrs.AUTHORIZATION, "")
            if said[: len(BEARER)].lower() != BEARER:
                return _refused(MissingToken())
            brought = said[len(BEARER) :].encode(errors="replace")
            if not hmac.compare_digest(brought, self._token):
                return _refused(InvalidToken())
        headers = {**GUARDED, hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST}
        return web.Response(body=telemetry.exposition(), headers=headers)


def _refused(error: MissingToken | InvalidToken) -> web.Response:
    response = refusal(error, 401)
    response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return response
