"""The call of a script becomes that of a function, and nothing else in it changes."""

import pytest
from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from alphasync.store.redis.functions import Library, as_function, ends_functions
from alphasync.store.redis.pipeline import Argument, packed, reply_error

SHA = "0123456789abcdef0123456789abcdef01234567"
LIBRARY = Library("some", "digest", "source", "some_trial", {SHA: f"some_{SHA}"})


@pytest.mark.parametrize(
    "rest",
    [
        (0, ""),
        (1, "key", ""),
        (2, "key", "other", "text\r\nof two lines", b"\x00\xff", -7, "é\U0001f600", ""),
        (1, "EVALSHA", SHA, "$7\r\nEVALSHA\r\n", ""),
        (150, *map(str, range(150)), ""),
    ],
)
def test_only_the_name_differs(rest: tuple[Argument, ...]) -> None:
    called = as_function(packed([("EVALSHA", SHA, *rest)]), LIBRARY.heads[SHA])
    assert called == packed([("FCALL", f"some_{SHA}", *rest)])


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (ResponseError("Function not found"), True),
        (NoPermissionError("can't run this command"), True),
        (NoScriptError("none"), False),
        (ResponseError("Function not found here"), False),
        (ResponseError("wrong type"), False),
    ],
)
def test_which_errors_end_them(error: ResponseError, ends: bool) -> None:
    assert ends_functions(error) is ends


def test_a_function_that_is_gone_is_as_a_script_that_is_gone() -> None:
    gone = reply_error(ResponseError("Function not found"))
    assert str(gone).startswith("NOSCRIPT")
    assert str(reply_error(ResponseError("Function not found here"))).startswith("ERR")
