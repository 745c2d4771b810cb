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
+-- NotRunning                not_running           nothing to stop
+-- NotRegistered             not_registered        sent before ``deviceRegistered`` (retryable)
+-- SignInAgain               sign_in_again         the login has ended, or its token is refused
+-- TooManyProfiles           too_many_profiles     a login for more profiles than are kept
+-- Superseded                superseded            the device identity was taken up elsewhere
+-- TooManyDrafts             too_many_drafts       the account has its most
+-- TooManyRuns               too_many_runs         the same
+-- TooManyDevices            too_many_devices      the same; the connection is closed
+-- StoreUnavailable          store_unavailable     not done: Redis does not answer (retryable)
+-- UnknownOutcome            unknown_outcome       one of these that may have been done (retryable)
+-- ShuttingDown              shutting_down         this replica takes no new runs (retryable)
+-- services.tokens.MissingToken   missing_token   no token
+-- services.tokens.InvalidToken   invalid_token   not ours, expired, or not understood
+-- gateway.port.GatewayError      see there
+-- TooManyRequests           too_many_requests (retryable)
+-- UnsupportedMediaType      unsupported_media_type  a body that is not application/json
+-- UnsupportedEncoding       unsupported_encoding  a body is compressed, or encoded otherwise
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
    """An expected error: ``code`` is for programs and stable, ``message`` is for people."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False
    default_message: ClassVar[str] = "Something went wrong"

    def __init__(self, message: str | None = None, **details: Detail) -> None:
        self.message = message or self.default_message
        self.details: Mapping[str, Detail] = details
        super().__init__(self.message)


class InvalidPayload(AlphasyncError):
    code = "invalid_payload"
    default_message = "The payload is not valid"


class UnknownEvent(AlphasyncError):
    code = "unknown_event"
    default_message = "Unknown event"


class UnknownProfile(AlphasyncError):
    code = "unknown_profile"
    default_message = "Unknown profile"


class MessageTooShort(AlphasyncError):
    code = "message_too_short"
    default_message = "The message is too short"


class MessageBlank(AlphasyncError):
    code = "message_blank"
    default_message = "The message is blank: nothing in it can be seen"


class MessageTooLong(AlphasyncError):
    code = "message_too_long"
    default_message = "The message is too long"


class Locked(AlphasyncError):
    code = "locked"
    default_message = "Another device is already processing this profile"


class AlreadyRunning(AlphasyncError):
    code = "already_running"
    default_message = "This device is already processing this profile"


class BlocklistLost(AlphasyncError):
    code = "blocklist_lost"
    default_message = (
        "The storage has lost the list of who was messaged. "
        "Clear the blocklist to start anew: everybody may be messaged again"
    )


class NotRunning(AlphasyncError):
    code = "not_running"
    default_message = "Nothing is being processed for this profile"


class NotRegistered(AlphasyncError):
    code = "not_registered"
    retryable = True
    default_message = "This device is not registered yet: wait for deviceRegistered"


class SignInAgain(AlphasyncError):
    code = "sign_in_again"
    default_message = "Your session has ended. Please sign in again"


class TooManyProfiles(AlphasyncError):
    code = "too_many_profiles"
    default_message = "This login is for too many profiles"


class Superseded(AlphasyncError):
    code = "superseded"
    default_message = "This device was opened somewhere else"


class TooManyDrafts(AlphasyncError):
    code = "too_many_drafts"
    default_message = "This account has as many drafts as it may have"


class TooManyRuns(AlphasyncError):
    code = "too_many_runs"
    default_message = "This account has as many runs as it may have"


class TooManyDevices(AlphasyncError):
    code = "too_many_devices"
    default_message = "This account has as many devices as it may have"


class StoreUnavailable(AlphasyncError):
    code = "store_unavailable"
    retryable = True
    default_message = "The server cannot reach its storage right now, please try again"


class UnknownOutcome(StoreUnavailable):
    """Redis has the command, and its answer did not come: it was done, or is done later, or never.

    Asked for once more, none of our commands is done twice.
    """

    code = "unknown_outcome"
    default_message = (
        "The storage did not answer in time, and this may have been done all the same, "
        "please look before you try again"
    )


class ShuttingDown(AlphasyncError):
    code = "shutting_down"
    retryable = True
    default_message = "This server is restarting, please try again"


class TooManyRequests(AlphasyncError):
    code = "too_many_requests"
    retryable = True
    default_message = "Too many tries, please wait a moment"


class UnsupportedMediaType(AlphasyncError):
    code = "unsupported_media_type"
    default_message = "The body must be application/json"


class UnsupportedEncoding(AlphasyncError):
    code = "unsupported_encoding"
    default_message = "The body must not be compressed"


class UnsupportedExpectation(AlphasyncError):
    code = "unsupported_expectation"
    default_message = "The server does not do what the header Expect asks for"


class MalformedRequest(AlphasyncError):
    code = "malformed_request"
    default_message = "The request is not valid HTTP"


class BodyTimeout(AlphasyncError):
    code = "body_timeout"
    retryable = True
    default_message = "The body did not come in time"


class TooManyConnections(AlphasyncError):
    code = "too_many_connections"
    retryable = True
    default_message = "This server has no room for one more connection, please try again"


class TooManyJoins(AlphasyncError):
    code = "too_many_joins"
    retryable = True
    default_message = "Too many connections at once, please wait a moment"
