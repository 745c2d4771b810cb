"""Pictures for the sandbox, drawn as SVG from a seed and delivered as data URIs.

Data URIs because a phone that shows the client cannot reach a sandbox on the server's loopback
interface. The same seed always gives the same picture.
"""

import base64
from random import Random

_BACKGROUNDS = (
    ("#8ec5fc", "#e0c3fc"),
    ("#fbc2eb", "#a6c1ee"),
    ("#ffd3a5", "#fd6585"),
    ("#a8edea", "#fed6e3"),
    ("#c3ec52", "#0ba29d"),
    ("#fddb92", "#d1fdff"),
)
_SKINS = ("#f6d3bd", "#eab894", "#d69c6f", "#b4764b", "#8a5433", "#5f3a25")
_HAIRS = ("#20160f", "#43291a", "#6e4223", "#a9652e", "#d9b066", "#8d8d93", "#7b2d26")
_CLOTHES = ("#2b3a67", "#7b2cbf", "#1b7a6c", "#c1442d", "#e0a100", "#475569")
_LONG, _SHORT, _BUN, _CURLS = range(4)

_SKIES = (("#fbd786", "#f7797d"), ("#89f7fe", "#66a6ff"), ("#a1c4fd", "#c2e9fb"))
_LANDS = (("#2f6f5e", "#1f4d45"), ("#3a4a7a", "#27325a"), ("#c98b4b", "#8a5a2b"))


def avatar(seed: str) -> str:
    """A portrait as a data URI."""
    draw = Random(seed)
    top, bottom = draw.choice(_BACKGROUNDS)
    skin, hair, clothes = draw.choice(_SKINS), draw.choice(_HAIRS), draw.choice(_CLOTHES)
    style = draw.randrange(4)
    glasses = draw.random() < 0.3
    behind = {
        _LONG: '<path d="M56 84q0-44 44-44t44 44v66q-44 22-88 0z"/>',
        _SHORT: "",
        _BUN: '<circle cx="100" cy="36" r="17"/>',
        _CURLS: "".join(
            f'<circle cx="{x}" cy="{y}" r="19"/>'
            for x, y in ((66, 66), (60, 92), (66, 116), (134, 66), (140, 92), (134, 116))
        ),
    }[style]
    fringe = draw.choice(
        (
            '<path d="M62 90q-4-46 38-46t38 46q-8-26-34-28-30 0-42 28z"/>',
            '<path d="M62 88q-2-44 38-44t38 44q-12-12-20-22-20 18-56 22z"/>',
            '<path d="M61 92q-3-50 39-50t39 50q-4-22-14-27-25 8-50 0-10 5-14 27z"/>',
        )
    )
    eyes = '<circle cx="85" cy="96" r="4"/><circle cx="115" cy="96" r="4"/>'
    rims = (
        '<g fill="none" stroke="#333" stroke-width="2.5"><circle cx="85" cy="96" r="11"/>'
        '<circle cx="115" cy="96" r="11"/><path d="M96 96h8"/></g>'
    )
    return _data_uri(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        '<defs><linearGradient id="b" x2="1" y2="1">'
        f'<stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/>'
        '</linearGradient></defs><rect width="200" height="200" fill="url(#b)"/>'
        f'<g fill="{hair}">{behind}</g>'
        f'<path d="M34 200q4-50 66-50t66 50z" fill="{clothes}"/>'
        f'<path d="M84 122h32v26q-16 20-32 0z" fill="{skin}"/>'
        '<path d="M84 134q16 12 32 0v6q-16 12-32 0z" fill="#000" opacity=".12"/>'
        f'<ellipse cx="100" cy="96" rx="36" ry="43" fill="{skin}"/>'
        f'<g fill="{hair}">{fringe}</g><g fill="#2a2320">{eyes}</g>'
        f'<g fill="none" stroke="{hair}" stroke-width="3" stroke-linecap="round">'
        '<path d="M78 85q7-4 13 0M109 85q6-4 13 0"/></g>'
        '<path d="M100 100q5 10-2 11" fill="none" stroke="#000" stroke-width="2" opacity=".22"/>'
        '<path d="M86 118q14 13 28 0" fill="none" stroke="#a33b3b" stroke-width="3.5" '
        f'stroke-linecap="round"/>{rims if glasses else ""}</svg>'
    )


def landscape(seed: str) -> str:
    """A view with hills, as a data URI."""
    return _data_uri(_landscape(seed, ""))


def film_still(seed: str) -> str:
    """A view with a play sign, as a data URI."""
    return _data_uri(
        _landscape(
            seed,
            '<circle cx="120" cy="80" r="28" fill="#000" opacity=".5"/>'
            '<path d="M111 64l26 16-26 16z" fill="#fff"/>',
        )
    )


def sound_wave(seed: str) -> str:
    """The bars of a sound, as a data URI."""
    draw = Random(seed)
    heights = [draw.randint(12, 100) for _ in range(22)]
    bars = "".join(
        f'<rect x="{12 + 10 * i}" y="{80 - height // 2}" width="6" height="{height}" rx="3"/>'
        for i, height in enumerate(heights)
    )
    return _data_uri(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 160">'
        f'<rect width="240" height="160" fill="#1e2440"/><g fill="#8ec5fc">{bars}</g></svg>'
    )


def _landscape(seed: str, over: str) -> str:
    draw = Random(seed)
    top, bottom = draw.choice(_SKIES)
    far, near = draw.choice(_LANDS)
    sun, left, right = draw.randint(40, 200), draw.randint(70, 100), draw.randint(70, 110)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 160">'
        '<defs><linearGradient id="s" x2="0" y2="1">'
        f'<stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/>'
        '</linearGradient></defs><rect width="240" height="160" fill="url(#s)"/>'
        f'<circle cx="{sun}" cy="48" r="20" fill="#fff" opacity=".85"/>'
        f'<path d="M0 {left}l50-34 46 40 54-52 90 60V160H0z" fill="{far}"/>'
        f'<path d="M0 {right + 28}q60-40 120-8t120-16V160H0z" fill="{near}"/>{over}</svg>'
    )


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
