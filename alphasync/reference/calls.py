"""The HTTP calls of clients: what goes in, what comes out, and what they are refused with."""

from alphasync.domain.roles import Right
from alphasync.errors import (
    CsvEmpty,
    CsvLines,
    CsvNotText,
    CsvTooLarge,
    DoNotContactFull,
    IdempotencyKeyReused,
    InvalidPayload,
    NotForThisToken,
    Overloaded,
    SignInAgain,
    StillWorking,
    StoreUnavailable,
    TooManyProfiles,
    TooManyServiceTokens,
    TooManyWebhooks,
    UnknownDelivery,
    UnknownEvent,
    UnknownOutcome,
    UnknownProfile,
    UnknownRun,
    UnknownServiceToken,
    UnknownSession,
    UnknownWebhook,
    UnsupportedMediaType,
)
from alphasync.gateway.port import (
    Attachments,
    BadCredentials,
    GatewayRefused,
    GatewayUnavailable,
    Profile,
)
from alphasync.reference.call import BEARER, OF_A_TOKEN, OF_ANY_CALL, Call
from alphasync.services.tokens import InvalidToken
from alphasync.web.accounts import HANDLE_HEADER, Credentials, LoginAnswer, RefreshAnswer
from alphasync.web.analytics import AnalyticsAnswer, AnalyticsQuery
from alphasync.web.commanding import StateAnswer
from alphasync.web.lists import NEXT_HEADER, BlocklistQuery, ExportQuery, Imported
from alphasync.web.login_list import EndedAnswer, EndQuery, SessionsAnswer, SessionsQuery
from alphasync.web.past_runs import (
    RecipientsAnswer,
    RecipientsQuery,
    RunAnswer,
    RunsAnswer,
    RunsQuery,
)
from alphasync.web.record import RecordAnswer, RecordQuery
from alphasync.web.token_list import NewToken, TokenMade, TokenRevoked, TokensAnswer
from alphasync.web.webhook_list import (
    AttemptsAnswer,
    NewWebhook,
    WebhookChange,
    WebhookDone,
    WebhookMade,
    WebhooksAnswer,
)

IN_PARTS = (
    "A long list comes in parts of half a megabyte: the headings are in the first one, and each "
    f"but the last has the `cursor` of the next in `{NEXT_HEADER}`, percent-encoded as the query "
    "wants it. A cell that a spreadsheet would take for a formula begins with an apostrophe, which "
    "an import takes away again."
)
CALLS = (
    Call(
        method="POST",
        path="/api/auth/login",
        about=(
            "Sign in: the credentials are checked by the gateway. A device that shows the token of "
            "an earlier login with the same address, if it has one (`Authorization: Bearer "
            "<token>`), is known by it, also 30 days after its end: the wrong tries of others do "
            "not keep it out, whatever its address is by now."
        ),
        body=Credentials,
        answer=LoginAnswer,
        errors=(
            InvalidPayload,
            BadCredentials,
            TooManyProfiles,
            UnsupportedMediaType,
            GatewayRefused,
            GatewayUnavailable,
            *OF_ANY_CALL,
        ),
    ),
    Call(
        method="POST",
        path="/api/auth/refresh",
        about="A fresh token for a valid one; the session lives on with it.",
        header=BEARER,
        answer=RefreshAnswer,
        errors=(*OF_A_TOKEN, Overloaded, StoreUnavailable),
    ),
    Call(
        method="POST",
        path="/api/auth/logout",
        about=(
            "Sign out of this session: its devices are disconnected, and its tokens void. Runs "
            "that depend on a device of it end, detached ones and plans go on. A token that no "
            "login here made is not void by this."
        ),
        header=BEARER,
        right=Right.SEE,
        answer=EndedAnswer,
    ),
    Call(
        method="GET",
        path="/api/sessions",
        about="One's own sessions, or those of all of a team for an admin; a hundred at a time.",
        header=BEARER,
        right=Right.SEE,
        query=SessionsQuery,
        answer=SessionsAnswer,
        errors=(InvalidPayload,),
    ),
    Call(
        method="DELETE",
        path="/api/sessions/{session}",
        about=(
            "End a session, one's own or for an admin any of the team, `current` being this one: "
            "its devices are disconnected within moments, on every server, its tokens are void, "
            "and all runs that were started with it are interrupted, also detached ones. Plans "
            "stay, for another session of the operator."
        ),
        header=BEARER,
        right=Right.SEE,
        answer=EndedAnswer,
        errors=(UnknownSession,),
    ),
    Call(
        method="DELETE",
        path="/api/sessions",
        about=(
            "End all sessions of this operator but this one. Tokens that were made until now and "
            "not by a login here are void as well, and one that does not say when it was made "
            "(`iat`) for as long as a session can last: unless this call comes with one of these "
            "and without `thisOne=true`."
        ),
        header=BEARER,
        right=Right.SEE,
        query=EndQuery,
        answer=EndedAnswer,
        errors=(InvalidPayload,),
    ),
    Call(
        method="GET",
        path="/api/profiles",
        about="The profiles that the operator writes for, as far as the login is for them.",
        header=f"{HANDLE_HEADER}: <alphaDateToken>",
        answer=list[Profile],
        errors=(InvalidToken, SignInAgain, GatewayRefused, GatewayUnavailable, *OF_ANY_CALL),
    ),
    Call(
        method="GET",
        path="/api/profiles/{profile}/attachments",
        about="What can be attached to a profile's mails; `{profile}` is its `external_id`.",
        header=f"{HANDLE_HEADER}: <alphaDateToken>",
        answer=Attachments,
        errors=(
            InvalidToken,
            SignInAgain,
            UnknownProfile,
            GatewayRefused,
            GatewayUnavailable,
            *OF_ANY_CALL,
        ),
    ),
    Call(
        method="POST",
        path="/api/do-not-contact/import",
        about=(
            "Put all recipients of a file on the do-not-contact list; nobody where a line cannot "
            "be read."
        ),
        header=BEARER,
        right=Right.WORK,
        services=True,
        csv=(
            "Body: `text/csv` in UTF-8, at most 1 MB, separated by commas or semicolons. The first "
            "column has the ids, the second, which may be absent, a note; or a first line says "
            "which is `id` and which is `note`, and other columns are not looked at."
        ),
        answer=Imported,
        errors=(
            UnsupportedMediaType,
            CsvTooLarge,
            CsvNotText,
            CsvEmpty,
            CsvLines,
            DoNotContactFull,
            UnknownOutcome,
        ),
    ),
    Call(
        method="GET",
        path="/api/do-not-contact/export",
        about="The do-not-contact list, newest first.",
        header=BEARER,
        right=Right.SEE,
        services=True,
        query=ExportQuery,
        csv=f"Answer: `text/csv` with `id`, `added` (UTC), `operator` and `note`. {IN_PARTS}",
        answer=None,
        errors=(InvalidPayload,),
    ),
    Call(
        method="GET",
        path="/api/profiles/{profile}/blocklist/export",
        about="Who was messaged for a profile and type, newest first.",
        header=BEARER,
        right=Right.SEE,
        services=True,
        query=BlocklistQuery,
        csv=(
            "Answer: `text/csv` with `id`, `messaged` (UTC), `run`, `run started`, `operator` and "
            f"`device`. {IN_PARTS}"
        ),
        answer=None,
        errors=(InvalidPayload, UnknownProfile),
    ),
    Call(
        method="GET",
        path="/api/runs",
        about=(
            "The history: the runs that have ended, whichever way, of the profiles that the token "
            "is for; those of all operators for a manager, else one's own. They are kept for "
            "`HISTORY_TTL`, `HISTORY_MAX` of them. What servers of an earlier version have ended "
            "is not in it, nor a run whose record ran out while there was no server for a day."
        ),
        header=BEARER,
        right=Right.SEE,
        services=True,
        query=RunsQuery,
        answer=RunsAnswer,
        errors=(InvalidPayload,),
    ),
    Call(
        method="GET",
        path="/api/runs/export",
        about=f"The same as CSV, with the texts. {IN_PARTS}",
        header=BEARER,
        right=Right.SEE,
        services=True,
        query=RunsQuery,
        answer=None,
        csv="What `GET /api/runs` and `GET /api/runs/{run}` say, with times in UTC.",
        errors=(InvalidPayload,),
    ),
    Call(
        method="GET",
        path="/api/runs/{run}",
        about="One run of the history, with its text.",
        header=BEARER,
        right=Right.SEE,
        services=True,
        answer=RunAnswer,
        errors=(UnknownRun,),
    ),
    Call(
        method="GET",
        path="/api/runs/{run}/recipients",
        about=(
            "Whom it could not message, and why, or whom it has perhaps messaged. What a person "
            "decides about somebody of the latter takes them off that list, and counts in the run "
            "for as long as it is the last one of its profile and type."
        ),
        header=BEARER,
        right=Right.SEE,
        services=True,
        query=RecipientsQuery,
        answer=RecipientsAnswer,
        errors=(UnknownRun, InvalidPayload),
    ),
    Call(
        method="GET",
        path="/api/analytics",
        about=(
            "Figures of the last days, for managers, of the profiles that the token is for: who "
            "was messaged and who was not, the runs that ended, and the devices that were there. "
            "They are counted as things happen, up to the present moment, and kept for "
            "`ANALYTICS_TTL`. "
            "Of a day `ANALYTICS_NAMES_MAX` names are told apart, the rest is counted together, "
            "and so are those behind the first 50 of a list. Whom a person decided about counts "
            "when they were found to be uncertain. A continuous run counts in each of its cycles."
        ),
        header=BEARER,
        right=Right.OVERSEE,
        services=True,
        query=AnalyticsQuery,
        answer=AnalyticsAnswer,
        errors=(InvalidPayload,),
    ),
    Call(
        method="GET",
        path="/api/audit",
        about=(
            "The account's record, for admins whose token is for all profiles: logins and their "
            "ends; runs and plans that were planned, changed, started, paused, resumed, taken "
            "over, stopped or cancelled, or could not start; devices that were signed out, and "
            "those of others that were renamed; cleared blocklists, decisions about uncertain "
            "recipients, changes of the do-not-contact list; and what was refused, or came too "
            "often. What was written is not in it."
        ),
        header=BEARER,
        right=Right.ADMINISTER,
        query=RecordQuery,
        answer=RecordAnswer,
        errors=(NotForThisToken, InvalidPayload),
    ),
    Call(
        method="GET",
        path="/api/audit/export",
        about=f"The same as CSV. {IN_PARTS}",
        header=BEARER,
        right=Right.ADMINISTER,
        query=RecordQuery,
        answer=None,
        csv="What the entries of `GET /api/audit` say, with the time in UTC.",
        errors=(NotForThisToken, InvalidPayload),
    ),
    Call(
        method="POST",
        path="/api/commands/{name}",
        about=(
            "Carry out a command of [those below](#commands), as a device's: all but those that "
            "say that they are not taken over HTTP. How is said [below](#from-a-backend)."
        ),
        header=BEARER,
        right=Right.SEE,
        services=True,
        in_words=(
            "Body: `application/json`, the command's fields, at most 64 KB; none for a command "
            "that needs none. Answer: its acknowledgement, `ok: true` and what it says, or with "
            "another status than 200 `{ok: false, code, message, retryable}`."
        ),
        answer=None,
        errors=(
            InvalidPayload,
            UnknownEvent,
            UnsupportedMediaType,
            IdempotencyKeyReused,
            StillWorking,
        ),
    ),
    Call(
        method="GET",
        path="/api/state",
        about=(
            "Who is here, the runs on record, the drafts and the plans, as a device is told of "
            "them that joins. It counts as 20 commands."
        ),
        header=BEARER,
        right=Right.SEE,
        services=True,
        answer=StateAnswer,
    ),
    Call(
        method="GET",
        path="/api/tokens",
        about=(
            "The account's service tokens, for admins; for one whose token is for some profiles "
            "those that are for no other. What they are for is said [below](#from-a-backend)."
        ),
        header=BEARER,
        right=Right.ADMINISTER,
        answer=TokensAnswer,
    ),
    Call(
        method="POST",
        path="/api/tokens",
        about=(
            "Make one. It acts for who makes it, with the gateway's token of their session, which "
            "it keeps; neither their signing out nor its end there ends it."
        ),
        header=BEARER,
        right=Right.ADMINISTER,
        body=NewToken,
        answer=TokenMade,
        errors=(
            InvalidPayload,
            UnknownProfile,
            TooManyServiceTokens,
            UnsupportedMediaType,
            UnknownOutcome,
        ),
    ),
    Call(
        method="DELETE",
        path="/api/tokens/{token}",
        about=(
            "Revoke one, by its id: no server takes it any more, and all runs that were started "
            "with it are interrupted. Plans stay, for a session of its operator."
        ),
        header=BEARER,
        right=Right.ADMINISTER,
        answer=TokenRevoked,
        errors=(UnknownServiceToken, UnknownOutcome),
    ),
    Call(
        method="GET",
        path="/api/webhooks",
        about=(
            "The account's webhooks, for admins; for one whose token is for some profiles those "
            "that are told of no other. [What they are told](webhooks.md)."
        ),
        header=BEARER,
        right=Right.ADMINISTER,
        answer=WebhooksAnswer,
    ),
    Call(
        method="POST",
        path="/api/webhooks",
        about=(
            "Make one. Made with a token that is for some profiles, it is told of these, and of no "
            "other."
        ),
        header=BEARER,
        right=Right.ADMINISTER,
        body=NewWebhook,
        answer=WebhookMade,
        errors=(InvalidPayload, TooManyWebhooks, UnsupportedMediaType, UnknownOutcome),
    ),
    Call(
        method="PATCH",
        path="/api/webhooks/{webhook}",
        about="Have one told nothing, or go on.",
        header=BEARER,
        right=Right.ADMINISTER,
        body=WebhookChange,
        answer=WebhookDone,
        errors=(InvalidPayload, UnknownWebhook, UnsupportedMediaType, UnknownOutcome),
    ),
    Call(
        method="DELETE",
        path="/api/webhooks/{webhook}",
        about="Remove one: it is told nothing any more.",
        header=BEARER,
        right=Right.ADMINISTER,
        answer=WebhookDone,
        errors=(UnknownWebhook, UnknownOutcome),
    ),
    Call(
        method="POST",
        path="/api/webhooks/{webhook}/ping",
        about="Tell one something, to see whether it hears it: what came of it is on its list.",
        header=BEARER,
        right=Right.ADMINISTER,
        answer=WebhookDone,
        errors=(UnknownWebhook, UnknownOutcome),
    ),
    Call(
        method="GET",
        path="/api/webhooks/{webhook}/attempts",
        about="The last attempts to tell one something, with its answers.",
        header=BEARER,
        right=Right.ADMINISTER,
        answer=AttemptsAnswer,
        errors=(UnknownWebhook,),
    ),
    Call(
        method="POST",
        path="/api/webhooks/{webhook}/attempts/{attempt}/again",
        about="Tell one once more what it was told, or should have been: behind all that waits.",
        header=BEARER,
        right=Right.ADMINISTER,
        answer=WebhookDone,
        errors=(UnknownWebhook, UnknownDelivery, UnknownOutcome),
    ),
)
