"""What clients may send and have, with the numbers that stand in the code."""

from alphasync.config import Settings
from alphasync.domain.drafts import ATTACHMENTS_MAX
from alphasync.domain.usable import LINK_MAX, NOTE_MAX, PROFILE_ID_MAX, RECIPIENT_ID_MAX
from alphasync.protocol.draft_commands import DRAFT_MAX
from alphasync.protocol.run_commands import MESSAGE_LIMITS
from alphasync.realtime.realtime import BUFFER_MAX, CONNECTS_MAX, PAYLOAD_MAX
from alphasync.services.listing import READERS_MAX
from alphasync.services.tokens import TOKEN_MAX
from alphasync.store.scripts.limits import LOG_EVENTS_MAX, LOG_TTL
from alphasync.web.json_bodies import BODY_MAX
from alphasync.web.lists import IMPORT_MAX

CUT = "the connection is closed"
UNFIT = "`invalid_payload`"


def limits() -> list[list[str]]:
    """What is bounded, by how much, and what happens beyond."""
    usual = Settings.model_fields
    rows = [
        [
            f"characters of a {kind} when it is started, {least} at least",
            f"{most:,}",
            "`message_too_short`, `message_too_long`",
        ]
        for kind, (least, most) in MESSAGE_LIMITS.items()
    ]
    rows += [
        ["characters of a draft", f"{DRAFT_MAX:,}", "`message_too_long`"],
        ["attachments of a mail", f"{ATTACHMENTS_MAX}", f"{UNFIT}, `too_many_attachments`"],
        ["characters of an attachment's link", f"{LINK_MAX:,}", UNFIT],
        ["characters of a profile's id", f"{PROFILE_ID_MAX}", UNFIT],
        ["characters of a recipient's id", f"{RECIPIENT_ID_MAX}", UNFIT],
        ["bytes of one message on the socket", f"{PAYLOAD_MAX:,}", CUT],
        ["binary parts of a message", "0", CUT],
        ["bytes that wait for a client which does not read", f"{BUFFER_MAX:,}", CUT],
        ["CONNECT packets of one connection", f"{CONNECTS_MAX}", CUT],
        ["characters of a token", f"{TOKEN_MAX:,}", "`invalid_token`"],
        ["characters of a note about a recipient", f"{NOTE_MAX}", UNFIT],
        ["bytes of a file that is imported", f"{IMPORT_MAX:,}", "`csv_too_large`"],
        [
            "pages and parts of blocklists, or of the do-not-contact list, that an account asks "
            "one server for at a time",
            f"{READERS_MAX}",
            "`too_many_requests`",
        ],
        ["bytes of the body of another HTTP call", f"{BODY_MAX:,}", UNFIT],
        ["events that can be recovered", f"{LOG_EVENTS_MAX}", "a snapshot comes instead"],
        ["seconds after which none can be", f"{LOG_TTL}", "a snapshot comes instead"],
    ]
    rows += [
        [f"{what} (`{name.upper()}`)", f"{usual[name].default:,.15g}", beyond]
        for what, name, beyond in (
            ("events of a device, per second for long", "event_rate", "`too_many_requests`"),
            ("events of a device, at once", "event_burst", "`too_many_requests`, then cut"),
            ("drafts of an account", "drafts_per_account", "`too_many_drafts`"),
            ("versions of a draft", "versions_per_draft", "the oldest go"),
            ("bytes of an account's versions", "version_bytes_per_account", "the oldest go"),
            ("runs of an account on record", "runs_per_account", "`too_many_runs`"),
            ("runs of an account at once", "running_per_account", "`too_many_runs`"),
            (
                "failed recipients of a run that are listed",
                "failed_listed_per_run",
                "counted, not named",
            ),
            (
                "recipients on an account's do-not-contact list",
                "do_not_contact_max",
                "`do_not_contact_full`",
            ),
            ("planned runs of an account", "plans_per_account", "`too_many_plans`"),
            (
                "previews of an account at a time, on one server",
                "previews_per_account",
                "`too_many_previews`",
            ),
            ("previews of one server at a time", "previews_max", "`too_many_previews`"),
            ("devices of an account", "devices_per_account", "`too_many_devices`"),
            (
                "devices of an account that are listed",
                "listed_devices_per_account",
                "not on the list",
            ),
            ("connections of an account to one server", "connections_per_account", "refused"),
            ("connections of an address to one server", "connections_per_address", "refused"),
        )
    ]
    return rows
