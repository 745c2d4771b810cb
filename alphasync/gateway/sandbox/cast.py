"""The people of a sandbox that was given no file: an operator with five profiles, from few
recipients to many, and a team with one operator of each role."""

from collections.abc import Callable
from random import Random

from alphasync.domain.roles import Role
from alphasync.gateway.port import Attachments, Media, MediaType, Recipient
from alphasync.gateway.sandbox.people import (
    DEMO_EMAIL,
    DEMO_OPERATOR,
    DEMO_PASSWORD,
    DEMO_TEAM,
    Account,
    People,
    Person,
    person,
)
from alphasync.gateway.sandbox.pictures import film_still, landscape, sound_wave

# external_id, name, age, country, number of recipients. The sizes are for watching a run from
# beginning to end (10, 24), for stopping one (60, 200), and for several pages (200, 500).
_PROFILES = (
    ("1001", "Sofia Marchetti", 29, "Italy", 10),
    ("1002", "Camila Rojas", 33, "Colombia", 24),
    ("1003", "Hanna Lindqvist", 26, "Sweden", 60),
    ("1004", "Amara Okafor", 31, "Nigeria", 200),
    ("1005", "Yuki Tanabe", 38, "Japan", 500),
)
_TEAM_PROFILES = (
    ("2001", "Elena Petrova", 30, "Bulgaria", 15),
    ("2002", "Nora Haddad", 27, "Jordan", 40),
    ("2003", "Mei Lin", 35, "Taiwan", 150),
)

# First and last names that go together. 10 x (8 x 8) = 640 different people.
_NAMES = (
    (
        "Liam Noah Mason Ethan Logan Caleb Owen Wyatt",
        "Parker Brooks Hayes Reed Cole Foster Grant Ward",
    ),
    (
        "Oliver Harry Alfie Rhys Callum Ewan Arthur Hugh",
        "Clarke Bennett Hughes Doyle Fraser Walsh Kerr Lowe",
    ),
    (
        "Lukas Jonas Felix Moritz Emil Anton Till Bruno",
        "Weber Keller Brandt Vogel Lorenz Busch Winter Graf",
    ),
    (
        "Hugo Théo Antoine Bastien Rémi Gaël Luc Mathis",
        "Lefèvre Moreau Girard Chevalier Renaud Masson Blanc Roche",
    ),
    (
        "Mateo Diego Javier Álvaro Iker Sergio Rafael Bruno",
        "Serrano Molina Ibáñez Navarro Ortega Pascual Vega Soler",
    ),
    (
        "Luca Matteo Davide Enrico Pietro Nicolò Dario Elia",
        "Conti Ricci Gallo Ferri Bruni Monti Greco Leone",
    ),
    (
        "Jakub Tomasz Kacper Paweł Marek Wojtek Adam Igor",
        "Nowak Zieliński Wójcik Mazur Pawlak Sikora Duda Górski",
    ),
    (
        "Kenji Haruto Sota Ren Daiki Takumi Yuto Kaito",
        "Sato Kimura Ishida Mori Okada Hayashi Ueda Nakano",
    ),
    (
        "Chidi Emeka Tunde Kwame Kofi Sipho Juma Baraka",
        "Adeyemi Eze Mensah Boateng Dlamini Mwangi Otieno Bello",
    ),
    (
        "Arjun Rohan Vikram Karan Aditya Nikhil Rahul Dev",
        "Mehta Iyer Kapoor Reddy Nair Joshi Bose Chawla",
    ),
)

_Titles = tuple[str, ...]
_IMAGES: _Titles = ("morning-by-the-sea", "in-the-mountains", "first-snow", "sunday-walk")
_VIDEOS: _Titles = ("hello-from-the-hills", "evening-light")
_AUDIOS: _Titles = ("a-short-hello", "a-song-for-you")


def default_people() -> People:
    """The demo account and the team. Always the same people with the same ids and pictures."""
    demo = Account(DEMO_EMAIL, DEMO_PASSWORD, DEMO_OPERATOR, _profiles(_PROFILES))
    shared = _profiles(_TEAM_PROFILES)
    team = [
        Account(f"{role}@example.com", DEMO_PASSWORD, role, shared, DEMO_TEAM, role)
        for role in Role
    ]
    return People.of([demo, *team])


def _profiles(given: tuple[tuple[str, str, int, str, int], ...]) -> dict[str, Person]:
    return {
        external_id: _profile(number, external_id, name, age, country, count)
        for number, (external_id, name, age, country, count) in enumerate(given, 1)
    }


def _profile(
    number: int, external_id: str, name: str, age: int, country: str, count: int
) -> Person:
    names = [
        f"{first} {last}"
        for firsts, lasts in _NAMES
        for first in firsts.split()
        for last in lasts.split()
    ]
    recipients = [
        Recipient(f"{external_id}{place:04d}", chosen)
        for place, chosen in enumerate(Random(external_id).sample(names, count), 1)
    ]
    return person(
        external_id,
        name,
        recipients,
        internal_id=str(number),
        age=age,
        gender="female",
        country_name=country,
        attachments=Attachments(
            images=_media(external_id, "image", "jpg", _IMAGES, landscape),
            videos=_media(external_id, "video", "mp4", _VIDEOS, film_still),
            audios=_media(external_id, "audio", "mp3", _AUDIOS, sound_wave),
        ),
    )


def _media(
    owner: str, kind: MediaType, suffix: str, titles: _Titles, draw: Callable[[str], str]
) -> tuple[Media, ...]:
    return tuple(
        Media(
            id=f"{owner}-{kind}-{number}",
            external_id=f"{owner}-{kind}-{number}",
            content_type=kind,
            link=f"https://media.example.com/{owner}/{title}.{suffix}",
            filename=f"{title}.{suffix}",
            thumb_link=draw(f"{owner}/{title}"),
        )
        for number, title in enumerate(titles, 1)
    )
