"""People from a file.

JSON:

    {"accounts": [{"email": "...", "password": "...", "operatorId": "...", "profiles": [
        {"id": "1001", "name": "Ana", "recipients": [{"id": "1", "name": "Max"}]}]}]}

A profile may also have `external_id` (the id by which events and requests name it; else its `id`),
`photo_link` (else one is drawn), `age`, `gender`, `country_name`, `status`, and `attachments` of
`images`, `videos` and `audios`, whose items have `id`, `link`, `filename` and `thumb_link`.

An account may also have `team` and `role`, as the answer to a login has them. The profiles of a
team stand with one of its accounts; another one that has none is for all of these.

CSV: a row per recipient with the columns profile_id, profile_name, recipient_id and
recipient_name; the names may be empty, further columns are ignored. All belong to the demo account.
"""

import csv
import io
import json
from pathlib import Path
from typing import Annotated

import msgspec

from alphasync.domain.roles import Role
from alphasync.gateway.port import Attachments, Media, MediaType, Recipient
from alphasync.gateway.sandbox.people import (
    DEMO_EMAIL,
    DEMO_OPERATOR,
    DEMO_PASSWORD,
    Account,
    People,
    PeopleError,
    Person,
    person,
)
from alphasync.nesting import NestedTooDeeply, decode_json

CSV_COLUMNS = ("profile_id", "profile_name", "recipient_id", "recipient_name")

Id = str | int


class _Recipient(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    name: str | None = None


class _Media(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    link: str
    filename: str = ""
    thumb_link: str = ""
    external_id: Id | None = None


class _Attachments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    images: tuple[_Media, ...] = ()
    videos: tuple[_Media, ...] = ()
    audios: tuple[_Media, ...] = ()


class _Profile(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    name: str
    recipients: list[_Recipient]
    external_id: Id | None = None
    photo_link: str = ""
    age: int | None = None
    gender: str = ""
    country_name: str = ""
    status: str = "active"
    attachments: _Attachments = _Attachments()


class _Account(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    email: str
    password: str
    operator_id: Id
    profiles: list[_Profile]
    team: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    role: Role | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    accounts: list[_Account]


def load_people(path: Path | str) -> People:
    """Read a `.json` or `.csv` file. Raises PeopleError, which names the file and line or field."""
    path = Path(path)
    readers = {".json": _from_json, ".csv": _from_csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise PeopleError(f"{path}: the name must end in .json or .csv")
    try:
        return reader(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise PeopleError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PeopleError(f"{path}: not UTF-8 at byte {error.start}") from error
    except PeopleError as error:
        raise PeopleError(f"{path}: {error}") from error


def _from_json(text: str) -> People:
    try:
        file = decode_json(text, _File)
    except msgspec.ValidationError as error:
        # msgspec names the field: "... - at `$.accounts[0].email`".
        raise PeopleError(str(error)) from error
    except NestedTooDeeply as error:
        raise PeopleError(str(error)) from error
    except msgspec.DecodeError as error:
        raise PeopleError(_json_mistake(text) or str(error)) from error
    accounts = []
    of_teams: dict[str, dict[str, Person]] = {}
    for number, account in enumerate(file.accounts):
        profiles = {}
        for index, item in enumerate(account.profiles):
            field = f"$.accounts[{number}].profiles[{index}]"
            profile_id = str(item.id if item.external_id is None else item.external_id)
            if not profile_id or profile_id in profiles:
                raise PeopleError(
                    f"profile id {profile_id!r} is empty or occurs twice - at {field}"
                )
            try:
                profiles[profile_id] = person(
                    profile_id,
                    item.name,
                    [Recipient(str(entry.id), entry.name) for entry in item.recipients],
                    internal_id=str(item.id),
                    photo_link=item.photo_link,
                    age=item.age,
                    gender=item.gender,
                    country_name=item.country_name,
                    status=item.status,
                    attachments=_attachments(item.attachments),
                )
            except PeopleError as error:
                raise PeopleError(f"{error} - at {field}.recipients") from error
        accounts.append(
            Account(
                account.email,
                account.password,
                str(account.operator_id),
                profiles,
                account.team,
                account.role,
            )
        )
        if account.team is not None:
            of_teams.setdefault(account.team, {}).update(profiles)
    return People.of(
        [
            account
            if account.profiles or account.team is None
            else msgspec.structs.replace(account, profiles=of_teams[account.team])
            for account in accounts
        ]
    )


def _json_mistake(text: str) -> str | None:
    """What the standard library says, which gives lines where msgspec gives bytes."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return None


def _from_csv(text: str) -> People:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [column for column in CSV_COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise PeopleError(f"line 1: missing column {', '.join(missing)}")
    names: dict[str, str] = {}
    recipients: dict[str, dict[str, Recipient]] = {}
    try:
        for row in rows:
            profile_id, name, recipient_id, recipient_name = (
                (row[column] or "").strip() for column in CSV_COLUMNS
            )
            where = f"line {rows.line_num}"
            if not profile_id or not recipient_id:
                raise PeopleError(f"{where}: profile_id and recipient_id must not be empty")
            if name and names.setdefault(profile_id, name) != name:
                raise PeopleError(f"{where}: profile {profile_id!r} had another name before")
            listed = recipients.setdefault(profile_id, {})
            if recipient_id in listed:
                raise PeopleError(f"{where}: recipient {recipient_id!r} occurs twice")
            listed[recipient_id] = Recipient(recipient_id, recipient_name or None)
    except csv.Error as error:
        raise PeopleError(f"line {rows.reader.line_num}: {error}") from error
    profiles = {
        profile_id: person(profile_id, names.get(profile_id, profile_id), list(listed.values()))
        for profile_id, listed in recipients.items()
    }
    return People.of([Account(DEMO_EMAIL, DEMO_PASSWORD, DEMO_OPERATOR, profiles)])


def _attachments(given: _Attachments) -> Attachments:
    return Attachments(
        images=_media(given.images, "image"),
        videos=_media(given.videos, "video"),
        audios=_media(given.audios, "audio"),
    )


def _media(items: tuple[_Media, ...], kind: MediaType) -> tuple[Media, ...]:
    return tuple(
        Media(
            id=str(item.id),
            external_id=str(item.id if item.external_id is None else item.external_id),
            content_type=kind,
            link=item.link,
            filename=item.filename,
            thumb_link=item.thumb_link,
        )
        for item in items
    )
