"""People files: what they may hold, and that a mistake in one is named with its place."""

import json
from pathlib import Path

import pytest

from alphasync.domain.roles import Role
from alphasync.gateway.port import Attachments, Media, Recipient
from alphasync.gateway.sandbox.cast import default_people
from alphasync.gateway.sandbox.people import DEMO_EMAIL, DEMO_PASSWORD, PeopleError
from alphasync.gateway.sandbox.people_file import load_people

ANA = {"id": 7, "name": "Ana", "recipients": [{"id": 1, "name": "Max"}, {"id": "2"}]}
HEADER = "profile_id,profile_name,recipient_id,recipient_name\n"


def write_json(folder: Path, *accounts: object) -> Path:
    path = folder / "people.json"
    path.write_text(json.dumps({"accounts": accounts}))
    return path


def account(
    *profiles: object, email: str = "a@example.com", operator: object = 5
) -> dict[str, object]:
    return {"email": email, "password": "pw", "operatorId": operator, "profiles": list(profiles)}


def test_json_with_the_least(tmp_path: Path) -> None:
    people = load_people(write_json(tmp_path, account(ANA)))
    (only,) = people.accounts
    assert (only.email, only.password, only.operator_id) == ("a@example.com", "pw", "5")
    person = only.profiles["7"]
    assert (person.profile.id, person.profile.external_id) == ("7", "7")
    assert person.profile.photo_link.startswith("data:image/svg+xml;base64,")
    assert list(person.recipients.values()) == [Recipient("1", "Max"), Recipient("2", None)]
    assert person.attachments == Attachments((), (), ())


def test_json_with_everything(tmp_path: Path) -> None:
    profile = {
        "id": 7,
        "external_id": "1001",
        "name": "Ana",
        "photo_link": "https://media.example.com/ana.jpg",
        "age": 30,
        "gender": "female",
        "country_name": "Italy",
        "status": "paused",
        "recipients": [],
        "attachments": {
            "videos": [
                {
                    "id": 3,
                    "link": "https://media.example.com/a.mp4",
                    "filename": "a.mp4",
                    "thumb_link": "https://media.example.com/a.jpg",
                }
            ]
        },
    }
    person = load_people(write_json(tmp_path, account(profile))).accounts[0].profiles["1001"]
    assert person.profile.id == "7"
    assert person.profile.photo_link == "https://media.example.com/ana.jpg"
    assert (person.profile.age, person.profile.status) == (30, "paused")
    assert person.attachments.videos == (
        Media(
            "3",
            "3",
            "video",
            "https://media.example.com/a.mp4",
            "a.mp4",
            "https://media.example.com/a.jpg",
        ),
    )


def test_the_default_account_is_the_demo_or_the_first(tmp_path: Path) -> None:
    first = account(email="first@example.com", operator="1")
    demo = account(email=DEMO_EMAIL, operator="2")
    assert load_people(write_json(tmp_path, first, demo)).default_account.operator_id == "2"
    assert load_people(write_json(tmp_path, first)).default_account.operator_id == "1"


def test_a_team_shares_the_profiles_that_stand_with_one_of_its_accounts(tmp_path: Path) -> None:
    ann = account(ANA) | {"team": "red", "role": "manager"}
    bob = account(email="b@example.com", operator="6") | {"team": "red"}
    alone = account({**ANA, "id": 8}, email="c@example.com", operator="7")
    first, second, third = load_people(write_json(tmp_path, bob, ann, alone)).accounts
    assert (second.team, second.role) == ("red", Role.MANAGER)
    assert (first.team, first.role) == ("red", None)
    assert first.profiles == second.profiles
    assert list(first.profiles) == ["7"]
    assert (third.team, list(third.profiles)) == (None, ["8"])


@pytest.mark.parametrize(
    ("accounts", "place"),
    [
        ([], "at least one account"),
        ([account() | {"role": "owner"}], "$.accounts[0].role"),
        ([account() | {"team": ""}], "$.accounts[0].team"),
        (
            [
                account(ANA) | {"team": "red"},
                account(ANA, email="b@example.com", operator=6) | {"team": "blue"},
            ],
            "profile '7' occurs twice",
        ),
        ([{"email": "a"}], "$.accounts[0]"),
        ([account({"id": 1, "name": "A", "recipients": [{"id": None}]})], "recipients[0].id"),
        ([account({"id": 1, "name": "A", "recipients": [], "agge": 5})], "agge"),
        ([account(ANA, ANA)], "$.accounts[0].profiles[1]"),
        ([account({"id": "", "name": "A", "recipients": []})], "$.accounts[0].profiles[0]"),
        (
            [account({"id": 1, "name": "A", "recipients": [{"id": 4}, {"id": "4"}]})],
            "'4' occurs twice - at $.accounts[0].profiles[0].recipients",
        ),
        ([account({"id": 1, "name": "A", "recipients": [{"id": ""}]})], "recipient is empty"),
        ([account(), account(operator=6)], "'a@example.com' occurs twice"),
        ([account(), account(email="b@example.com")], "operatorId '5' occurs twice"),
        ([account(ANA), account(ANA, email="b@example.com", operator=6)], "profile '7'"),
    ],
)
def test_a_mistake_in_json_names_file_and_field(
    tmp_path: Path, accounts: list[object], place: str
) -> None:
    path = write_json(tmp_path, *accounts)
    with pytest.raises(PeopleError) as raised:
        load_people(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert place in str(raised.value)


def test_broken_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text('{\n  "accounts": [\n    {"email": "ä",, }\n]}')
    with pytest.raises(PeopleError, match="line 3"):
        load_people(path)


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "people.CSV"
    path.write_text(
        "\ufeffrecipient_name,recipient_id,profile_id,profile_name,note\n"
        'Max,1,1001,Ana,"a\nb"\n'
        ",2,1001,,\n"
        "\n"
        "Éva, 1 ,1002,\n",
        encoding="utf-8",
    )
    (demo,) = load_people(path).accounts
    assert (demo.email, demo.password) == (DEMO_EMAIL, DEMO_PASSWORD)
    assert {key: entry.profile.name for key, entry in demo.profiles.items()} == {
        "1001": "Ana",
        "1002": "1002",
    }
    assert list(demo.profiles["1001"].recipients.values()) == [
        Recipient("1", "Max"),
        Recipient("2", None),
    ]
    assert list(demo.profiles["1002"].recipients.values()) == [Recipient("1", "Éva")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1: missing column profile_id"),
        ("profile_id,recipient_id\n", "line 1: missing column profile_name, recipient_name"),
        (HEADER + "1,Ana,,Max\n", "line 2: profile_id and recipient_id"),
        (HEADER + "1,Ana,5,Max\n,Ana,6,Max\n", "line 3: profile_id and recipient_id"),
        (HEADER + "1,Ana,5,Max\n1,Ana,5,Max\n", "line 3: recipient '5' occurs twice"),
        (HEADER + "1,Ana,5,Max\n1,Eva,6,Max\n", "line 3: profile '1' had another name"),
        (HEADER + '1,Ana,5,"Max\n', "line 2"),
    ],
)
def test_a_mistake_in_csv_names_file_and_line(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(PeopleError) as raised:
        load_people(path)
    assert str(raised.value).startswith(f"{path}: {place}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="No such file"):
        load_people(tmp_path / "none.json")
    with pytest.raises(PeopleError, match=r"\.json or \.csv"):
        load_people(tmp_path / "people.txt")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEADER.encode() + b"1,Zo\xeb,2,Max\n")
    with pytest.raises(PeopleError, match="not UTF-8 at byte"):
        load_people(latin)


def test_the_default_cast() -> None:
    demo = default_people().default_account
    assert (demo.email, demo.password) == ("demo@example.com", "demo")
    assert [len(person.recipients) for person in demo.profiles.values()] == [10, 24, 60, 200, 500]
    for external_id, person in demo.profiles.items():
        assert person.profile.external_id == external_id != person.profile.id
        names = [recipient.name for recipient in person.recipients.values()]
        assert len(set(names)) == len(names)
        media = person.attachments
        assert media.images
        assert media.videos
        assert media.audios
    photos = {person.profile.photo_link for person in demo.profiles.values()}
    assert len(photos) == len(demo.profiles)
    assert default_people() == default_people()


def test_the_default_team_has_one_of_each_role_on_the_same_profiles() -> None:
    _, *team = default_people().accounts
    assert [(one.email, one.role) for one in team] == [
        (f"{role}@example.com", role) for role in Role
    ]
    assert {one.team for one in team} == {"demo-team"}
    assert all(one.password == "demo" and one.profiles == team[0].profiles for one in team)
