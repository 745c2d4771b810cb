"""The HTTP calls about an account: signing in, commands, and what is listed, put together."""

from collections.abc import Callable

from aiohttp import web

from alphasync.config import Settings
from alphasync.options import ending_ttl, login_limits
from alphasync.realtime.realtime import Realtime
from alphasync.services.analytics import Analytics
from alphasync.services.audit import Audit
from alphasync.services.do_not_contact import DoNotContact
from alphasync.services.endings import Endings
from alphasync.services.history import History
from alphasync.services.kept_answers import KeptAnswers
from alphasync.services.listed_profiles import ListedProfiles
from alphasync.services.login_tries import LoginTries
from alphasync.services.logins import Logins
from alphasync.services.measured import MeasuredGateway
from alphasync.services.messaged import MessagedBefore
from alphasync.services.profiles import Profiles
from alphasync.services.refusals import Refusals
from alphasync.services.service_tokens import ServiceTokens
from alphasync.services.signed_in import SignedIn
from alphasync.services.tokens import Tokens
from alphasync.services.upstream import Upstream
from alphasync.services.webhooks import Webhooks
from alphasync.store.connect import Store
from alphasync.web.accounts import Accounts
from alphasync.web.analytics import AnalyticsCalls
from alphasync.web.commanding import Commanding
from alphasync.web.lists import Lists
from alphasync.web.login_list import LoginList
from alphasync.web.past_runs import PastRuns
from alphasync.web.record import Record
from alphasync.web.token_list import TokenList
from alphasync.web.webhook_list import WebhookList


def account_calls(
    settings: Settings,
    store: Store,
    *,
    gateway: MeasuredGateway,
    tokens: Tokens,
    upstream: Upstream,
    listed: ListedProfiles,
    endings: Endings,
    refusals: Refusals,
    do_not_contact: DoNotContact,
    messaged: MessagedBefore,
    realtime: Realtime,
    webhooks: Webhooks,
    client_of: Callable[[web.Request], str],
) -> list[web.RouteDef]:
    """``client_of``: what counts as one client, by the address of a request."""
    scripts, pipeline = store.scripts, store.pipeline
    tries = LoginTries(scripts, login_limits(settings))
    service_tokens = ServiceTokens(
        scripts, pipeline, upstream, settings.service_tokens_max, ending_ttl(settings)
    )
    logins = Logins(
        gateway,
        tokens,
        upstream,
        listed,
        tries,
        endings,
        refusals,
        service_tokens,
        settings.profiles_max,
    )
    answers = KeptAnswers(scripts, settings.idempotency_keys_max)
    return [
        *Accounts(logins, Profiles(gateway, upstream, listed), client_of).routes(),
        *LoginList(logins, endings, SignedIn(scripts, upstream)).routes(),
        *Lists(logins, do_not_contact, messaged).routes(),
        *Commanding(logins, realtime.from_http, answers, client_of).routes(),
        *TokenList(logins, service_tokens, client_of).routes(),
        *WebhookList(logins, webhooks).routes(),
        *Record(logins, Audit(scripts), upstream).routes(),
        *PastRuns(logins, History(scripts, pipeline)).routes(),
        *AnalyticsCalls(logins, Analytics(scripts)).routes(),
    ]
