"""Every error a client can see, each with a stable code.

AlphasyncError
+-- InvalidPayload            invalid_payload       the payload does not fit the command
+-- UnknownEvent              unknown_event         no such command
+-- UnknownProfile            unknown_profile       not there, or not for this token
+-- MessageTooShort           message_too_short
+-- MessageTooLong            message_too_long
+-- MessageBlank              message_blank         nothing in it can be seen
+-- Locked                    locked                another device is at it (``lockOwner``)
+-- AlreadyRunning            already_running       this device is at it (``lockOwner``)
+-- BlocklistLost             blocklist_lost        Redis dropped the list of who was messaged
+-- RecipientInFlight         recipient_in_flight   a message to them is on its way (retryable)
+-- DoNotContactLost          do_not_contact_lost   the same of those not to be contacted
+-- DoNotContactFull          do_not_contact_full   the account has its most of them
+-- NotForThisToken           not_for_this_token    a token for some profiles may not do it
+-- NotAllowed                not_allowed           the role of this token may not do it
+-- NotRunning                not_running           nothing to stop
+-- UnknownRun                unknown_run           not in the history, or not for this token
+-- NothingFailed             nothing_failed        nobody to try again
+-- NotRegistered             not_registered        sent before ``deviceRegistered`` (retryable)
+-- SignInAgain               sign_in_again         the login has ended, or its token is refused
+-- TooManyProfiles           too_many_profiles     a login for more profiles than are kept
+-- Superseded                superseded            the device identity was taken up elsewhere
+-- SignedOut                 signed_out            by another device, or its session was ended
+-- UnknownSession            unknown_session       not there, or another operator's
+-- TooManyWebhooks           too_many_webhooks        the account has its most
+-- UnknownWebhook            unknown_webhook          not there, or not any more
+-- UnknownDelivery           unknown_delivery         not among its last attempts
+-- TooManyServiceTokens      too_many_service_tokens  the account has its most
+-- UnknownServiceToken       unknown_service_token    not there, or not any more
+-- NotForServiceTokens       not_for_service_tokens   only a person may do it
+-- UnknownDevice             unknown_device        not there, or another operator's
+-- TooManyPlans              too_many_plans        the account has its most
+-- UnknownPlan               unknown_plan          not planned, or not any more
+-- WrongStartTime            wrong_start_time      in the past, or too far ahead
+-- TooManyDrafts             too_many_drafts       the account has its most
+-- UnknownVersion            unknown_version       of a draft: it made room for newer ones
+-- TooManyAttachments        too_many_attachments  the draft has its most
+-- PaceOutOfRange            pace_out_of_range     a start asks for pauses beyond the bounds
+-- WrongLink                 wrong_link            an attachment's is not http or https
+-- TooManyRuns               too_many_runs         the same
+-- TooManySubscriptions      too_many_subscriptions  of an account, to be told by push
+-- TooManyPreviews           too_many_previews     of a server or an account at a time (retryable)
+-- TooManyDevices            too_many_devices      the same; the connection is closed
+-- IdempotencyKeyReused      idempotency_key_reused  it was used for something else
+-- StillWorking              still_working         the same call is being carried out (retryable)
+-- StoreUnavailable          store_unavailable     not done: Redis does not answer (retryable)
+-- UnknownOutcome            unknown_outcome       one of these that may have been done (retryable)
+-- Overloaded                overloaded            not done: more to do than can be (retryable)
+-- ShuttingDown              shutting_down         this server takes no new runs (retryable)
+-- services.tokens.MissingToken   missing_token   no token
+-- services.tokens.InvalidToken   invalid_token   not ours, expired, or not understood
+-- gateway.port.GatewayError      see there
+-- TooManyRequests           too_many_requests (retryable)
+-- CsvTooLarge               csv_too_large         a file that is imported
+-- CsvNotText                csv_not_text          one that is not UTF-8
+-- CsvEmpty                  csv_empty             one with nobody in it
+-- CsvLines                  csv_lines             one with lines that cannot be read
+-- UnsupportedMediaType      unsupported_media_type  a body of another type
+-- UnsupportedEncoding       unsupported_encoding  a body is compressed, or encoded otherwise
+-- UnknownHost               unknown_host          asked for under a name that is not ours
+-- UnsupportedExpectation    unsupported_expectation  an Expect that is not 100-continue
+-- MalformedRequest          malformed_request     no HTTP, or a body that ends too early
+-- BodyTimeout               body_timeout          a body did not come in time (retryable)
+-- TooManyConnections        too_many_connections  no room for one more (retryable)
+-- TooManyJoins              too_many_joins        of the account or the address (retryable)

What is not in this tree reaches a client as ``internal_error`` and the log with its traceback.
"""

from collections.abc import Mapping
from typing import ClassVar

Detail = str | int | float | bool


class AlphasyncError(Exception):
    """An expected error: ``code`` is for programs and stable, ``message`` is for people.

    Docstrings of the errors are for people who write clients, what it means and what to do:
    docs/protocol.md is made from them.
    """

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False
    default_message: ClassVar[str] = "Something went wrong"

    def __init__(self, message: str | None = None, **details: Detail) -> None:
        self.message = message or self.default_message
        self.details: Mapping[str, Detail] = details
        super().__init__(self.message)


class InvalidPayload(AlphasyncError):
    """The payload or body does not fit: `message` names the field. Mend the client."""

    code = "invalid_payload"
    default_message = "The payload is not valid"


class UnknownEvent(AlphasyncError):
    """There is no such command. Mend the client."""

    code = "unknown_event"
    default_message = "Unknown event"


class UnknownProfile(AlphasyncError):
    """There is no such profile, or it is not for this token. Ask for the profiles anew."""

    code = "unknown_profile"
    default_message = "Unknown profile"


class MessageTooShort(AlphasyncError):
    """Nothing was sent. `message` says how many characters it takes."""

    code = "message_too_short"
    default_message = "The message is too short"


class MessageBlank(AlphasyncError):
    """Nothing in the message can be seen: white space or invisible characters."""

    code = "message_blank"
    default_message = "The message is blank: nothing in it can be seen"


class MessageTooLong(AlphasyncError):
    """Nothing was sent or stored. `message` says how many characters it can have."""

    code = "message_too_long"
    default_message = "The message is too long"


class WrongLink(AlphasyncError):
    """The `link` of an attachment is not an `http` or `https` address with a host and without a
    user. Nothing was started or stored: `message` names the attachment, so take it away."""

    code = "wrong_link"
    default_message = "The link of an attachment is not http or https"


class PaceOutOfRange(AlphasyncError):
    """The run would be faster or slower than this server has runs: `message` says between which
    `messageInterval` and `continuous.pause` have to be. Nothing was started."""

    code = "pace_out_of_range"
    default_message = "This pause is too short or too long"


class Locked(AlphasyncError):
    """Another device is at it, `lockOwner`. Wait for the end of its run, or stop it."""

    code = "locked"
    default_message = "Another device is already processing this profile"


class AlreadyRunning(AlphasyncError):
    """This device is at it already, as after a start whose answer got lost."""

    code = "already_running"
    default_message = "This device is already processing this profile"


class BlocklistLost(AlphasyncError):
    """Redis lost the list of who was messaged, and a run might message them again. Ask a person:
    only after `clearBlocklist` it starts."""

    code = "blocklist_lost"
    default_message = (
        "The storage has lost the list of who was messaged. "
        "Clear the blocklist to start anew: everybody may be messaged again"
    )


class RecipientInFlight(AlphasyncError):
    """A message to the recipient is on its way, or was when its run ended, and nobody has said yet
    what became of it. They stay on the list. Try again once their message is counted."""

    code = "recipient_in_flight"
    retryable = True
    default_message = "A message to this recipient is on its way just now"


class DoNotContactLost(AlphasyncError):
    """Redis lost the list of whom not to contact, and a run might message them. Ask a person to
    import it again: runs start once there is somebody on it."""

    code = "do_not_contact_lost"
    default_message = (
        "The storage has lost the do-not-contact list. Import it again before you start: "
        "whoever was on it could be messaged"
    )


class DoNotContactFull(AlphasyncError):
    """The account has `DO_NOT_CONTACT_MAX` recipients on its do-not-contact list. Nothing was
    added, or of an import only what `message` says."""

    code = "do_not_contact_full"
    default_message = "The do-not-contact list has as many recipients as it may have"


class NotAllowed(AlphasyncError):
    """The role of the token may not do it: `message` says which role may. Nothing was done."""

    code = "not_allowed"
    default_message = "This role may not do that"


class NotForThisToken(AlphasyncError):
    """It is about all profiles of the account, and the token is for some of them. Who may use all
    of them can do it."""

    code = "not_for_this_token"
    default_message = "Only somebody who may use all profiles of the account can do this"


class NotRunning(AlphasyncError):
    """There is no run to stop: it has ended meanwhile."""

    code = "not_running"
    default_message = "Nothing is being processed for this profile"


class NothingFailed(AlphasyncError):
    """There is nobody to try again: nobody is listed who could not be messaged. Ask for the list
    anew, or start without `only`."""

    code = "nothing_failed"
    default_message = "There is nobody to try again"


class NotRegistered(AlphasyncError):
    """The device was not registered in time, or its connection ended before. Try again after
    `deviceRegistered`."""

    code = "not_registered"
    retryable = True
    default_message = "This device is not registered yet: wait for deviceRegistered"


class SignInAgain(AlphasyncError):
    """The session has ended, or the gateway refuses its token: lead the operator to the sign-in."""

    code = "sign_in_again"
    default_message = "Your session has ended. Please sign in again"


class TooManyProfiles(AlphasyncError):
    """The login is limited to more profiles than `PROFILES_MAX`. Only the operator of the server
    can help."""

    code = "too_many_profiles"
    default_message = "This login is for too many profiles"


class Superseded(AlphasyncError):
    """The identity of this device was taken up by another connection, as where its `resumeToken` is
    used twice; this one is closed. Do not connect again by yourself, or the two would throw each
    other out."""

    code = "superseded"
    default_message = "This device was opened somewhere else"


class UnknownSession(AlphasyncError):
    """There is no such session, or not any more, or it is not yours."""

    code = "unknown_session"
    default_message = "There is no such session"


class TooManyServiceTokens(AlphasyncError):
    """The account has `SERVICE_TOKENS_MAX` service tokens. Revoke one that nobody uses."""

    code = "too_many_service_tokens"
    default_message = "This account has as many service tokens as it may have"


class UnknownServiceToken(AlphasyncError):
    """There is no such service token of the account, or not any more."""

    code = "unknown_service_token"
    default_message = "There is no such service token"


class TooManyWebhooks(AlphasyncError):
    """The account has `WEBHOOKS_PER_ACCOUNT` webhooks. Remove one."""

    code = "too_many_webhooks"
    default_message = "This account has as many webhooks as it may have"


class UnknownWebhook(AlphasyncError):
    """There is no such webhook of the account, or not any more."""

    code = "unknown_webhook"
    default_message = "There is no such webhook"


class UnknownDelivery(AlphasyncError):
    """It is not among the last attempts to tell this webhook something, or not any more."""

    code = "unknown_delivery"
    default_message = "There is no such attempt on record"


class NotForServiceTokens(AlphasyncError):
    """A service token may not do it, whatever its role: sessions, service tokens and the record are
    for people. Sign in."""

    code = "not_for_service_tokens"
    default_message = "Only somebody who has signed in can do this"


class UnknownRun(AlphasyncError):
    """The history has no such run, or not any more, or it is not yours to see."""

    code = "unknown_run"
    default_message = "There is no such run in the history"


class SignedOut(AlphasyncError):
    """Another device, of the operator or of an admin of the team, has signed this one out or has
    ended its session; the connection is closed, the `resumeToken` is void, and runs are
    interrupted. Lead the operator to the sign-in, and do not connect again by yourself. Where only
    the device was signed out, the token itself is good until it ends; where its session was ended,
    it is void."""

    code = "signed_out"
    default_message = "This device was signed out from another one"


class UnknownDevice(AlphasyncError):
    """There is no such device here or within its grace, or it is another operator's, which only an
    admin of the team names and signs out."""

    code = "unknown_device"
    default_message = "Unknown device"


class TooManyDrafts(AlphasyncError):
    """The account has `DRAFTS_PER_ACCOUNT` drafts on record. Those that are there can be
    changed."""

    code = "too_many_drafts"
    default_message = "This account has as many drafts as it may have"


class TooManyPlans(AlphasyncError):
    """The account has `PLANS_PER_ACCOUNT` planned runs. Those that are there can be changed."""

    code = "too_many_plans"
    default_message = "This account has as many planned runs as it may have"


class UnknownPlan(AlphasyncError):
    """There is no such planned run of the profile and type, or no longer: it was started,
    cancelled or skipped."""

    code = "unknown_plan"
    default_message = "This run is not planned any more"


class WrongStartTime(AlphasyncError):
    """`startAt` is not at least a second and at most 30 days ahead, by Redis' clock. Nothing was
    planned or changed."""

    code = "wrong_start_time"
    default_message = "A planned run starts in the future, and within 30 days"


class UnknownVersion(AlphasyncError):
    """There is no such version of the draft, or no longer: the oldest make room for new ones. Ask
    for the list anew."""

    code = "unknown_version"
    default_message = "This version is not there any more"


class TooManyAttachments(AlphasyncError):
    """With what others have attached meanwhile there would be more than a mail can have. Nothing
    was changed."""

    code = "too_many_attachments"
    default_message = "A mail cannot have that many attachments"


class TooManyRuns(AlphasyncError):
    """The account has `RUNS_PER_ACCOUNT` runs on record, or `RUNNING_PER_ACCOUNT` at once. Wait
    until one has ended."""

    code = "too_many_runs"
    default_message = "This account has as many runs as it may have"


class TooManySubscriptions(AlphasyncError):
    """The account has `PUSH_PER_ACCOUNT` subscriptions. This device is told while its console is
    open."""

    code = "too_many_subscriptions"
    default_message = "As many devices of this account are told by push as may be"


class TooManyPreviews(AlphasyncError):
    """As many starts are being looked at beforehand as there may be at a time
    (`PREVIEWS_PER_ACCOUNT`, `PREVIEWS_MAX`). Ask again in a second or two; a start needs none."""

    code = "too_many_previews"
    retryable = True
    default_message = "Too many starts are being looked at just now, please wait a moment"


class TooManyDevices(AlphasyncError):
    """The account has `DEVICES_PER_ACCOUNT` devices; the connection is closed. Try again much
    later."""

    code = "too_many_devices"
    default_message = "This account has as many devices as it may have"


class IdempotencyKeyReused(AlphasyncError):
    """A call with this `Idempotency-Key` asked for something else within a day. Nothing was done:
    mend the client."""

    code = "idempotency_key_reused"
    default_message = "This idempotency key was used for something else"


class StillWorking(AlphasyncError):
    """A call with this `Idempotency-Key` is being carried out, or its server was lost with it. Ask
    again in a moment, and you get its answer."""

    code = "still_working"
    retryable = True
    default_message = "The same call is being carried out just now"


class StoreUnavailable(AlphasyncError):
    """It was not done, and will not be: Redis does not answer. Try again, with a back-off."""

    code = "store_unavailable"
    retryable = True
    default_message = "The server cannot reach its storage right now, please try again"


class UnknownOutcome(StoreUnavailable):
    """Redis has the command, and its answer did not come: it was done, or is done later, or never.
    Look, and try again: nothing is done twice by being asked for again."""

    code = "unknown_outcome"
    default_message = (
        "The storage did not answer in time, and this may have been done all the same, "
        "please look before you try again"
    )


class Overloaded(StoreUnavailable):
    """It was not done, and will not be: the server has more to do than it can. Try again after
    `Retry-After` or `retryAfter` seconds, with a back-off."""

    code = "overloaded"
    default_message = "The server has more to do than it can right now, please try again"

    def __init__(self) -> None:
        super().__init__(retryAfter=1)


class ShuttingDown(AlphasyncError):
    """This server takes no new runs, because it stops. Try again: another one takes it."""

    code = "shutting_down"
    retryable = True
    default_message = "This server is restarting, please try again"


class TooManyRequests(AlphasyncError):
    """More than the rates allow, of this client, its account or its address; or the gateway asks to
    wait. Try again after `Retry-After` or `retryAfter` seconds where there is one, else with a
    back-off."""

    code = "too_many_requests"
    retryable = True
    default_message = "Too many tries, please wait a moment"


class CsvTooLarge(AlphasyncError):
    """A file that is imported can have 1 MB. Nothing was imported: divide it."""

    code = "csv_too_large"
    default_message = "The file is too large: it can have 1 MB"


class CsvNotText(AlphasyncError):
    """The file is not text in UTF-8: it has another encoding, or is none. Nothing was imported."""

    code = "csv_not_text"
    default_message = "The file is not text in UTF-8"


class CsvEmpty(AlphasyncError):
    """There is nobody in the file."""

    code = "csv_empty"
    default_message = "There is nobody in the file"


class CsvLines(AlphasyncError):
    """Some lines of the file cannot be read, and nothing was imported. `lines` names the first 100,
    with their number and a code (`no_id`, `id_too_long`, `note_too_long`, `control_character`,
    `bad_quotes`, `too_many_cells`), `more` says how many others there are."""

    code = "csv_lines"
    default_message = "Some lines cannot be read"


class UnsupportedMediaType(AlphasyncError):
    """The body is not of the type that the call takes: `application/json`, or `text/csv`. Mend the
    client."""

    code = "unsupported_media_type"
    default_message = "The body must be application/json"


class UnsupportedEncoding(AlphasyncError):
    """The body is compressed or encoded otherwise. Mend the client."""

    code = "unsupported_encoding"
    default_message = "The body must not be compressed"


class UnknownHost(AlphasyncError):
    """The server was asked for under a name that is not among its own (`ALLOWED_HOSTS`). Mend the
    address, or the setting."""

    code = "unknown_host"
    default_message = "This server does not go by that name"


class UnsupportedExpectation(AlphasyncError):
    """An `Expect` that is not `100-continue`. Mend the client."""

    code = "unsupported_expectation"
    default_message = "The server does not do what the header Expect asks for"


class MalformedRequest(AlphasyncError):
    """It is no HTTP, or the body ends too early. Mend the client."""

    code = "malformed_request"
    default_message = "The request is not valid HTTP"


class BodyTimeout(AlphasyncError):
    """The body did not come within `BODY_TIMEOUT`. Try again."""

    code = "body_timeout"
    retryable = True
    default_message = "The body did not come in time"


class TooManyConnections(AlphasyncError):
    """The server has no room for one more connection (`CONNECTIONS_MAX`). Try again, with a
    back-off."""

    code = "too_many_connections"
    retryable = True
    default_message = "This server has no room for one more connection, please try again"


class TooManyJoins(AlphasyncError):
    """Too many devices of the account or the address register at once; the connection is closed.
    Connect again, with a back-off."""

    code = "too_many_joins"
    retryable = True
    default_message = "Too many connections at once, please wait a moment"
