"""What may be attached to a mail."""

import pytest

from alphasync.domain.usable import LINK_MAX, is_link

GOOD = [
    *(
        "https://m.example/1.jpg",
        "http://m.example",
        "HTTPS://M.EXAMPLE/1",
        "https://m.example:8443/1",
    ),
    *(
        "https://[::1]:80/x",
        "http://10.0.0.1/x",
        "https://bücher.example/ä",
        "https://m_1.example/",
    ),
    *("https://m.example/my picture.jpg", "https://m.example?x=a@b", "https://m.example/a@b\\c"),
    "https://m.example/".ljust(LINK_MAX, "x"),
]
BAD = [
    *("", " ", "x", "/1.jpg", "//m.example/1", "m.example/1", "https:", "https://", "https:///x"),
    *(
        "https:m.example",
        "javascript:alert(1)",
        "JavaScript:alert(1)//http://x",
        "data:text/html,x",
    ),
    *(
        "file:///etc/passwd",
        "ftp://m.example/1",
        "blob:https://m.example/1",
        "vbscript:x",
        "http:/x",
    ),
    *("https://user@m.example/", "https://a:b@m.example/", "https://m.example\\@evil.example/"),
    *(
        "https://@m.example/",
        " https://m.example/1",
        "https://m.example/\n1",
        "https://m.exa mple/",
    ),
    *(
        "https://m.example:x/",
        "https://m.example:999999/",
        "https://m.example/\u202e1",
        "https://?x",
    ),
    *("https://m.example/\x00", "java\nscript:alert(1)", "https://m.example/half \ud83d"),
    "https://m.example/".ljust(LINK_MAX + 1, "x"),
]


@pytest.mark.parametrize("link", GOOD)
def test_a_link(link: str) -> None:
    assert is_link(link)


@pytest.mark.parametrize("link", BAD)
def test_no_link(link: str) -> None:
    assert not is_link(link)
