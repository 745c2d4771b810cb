"""The tree of errors: closed, stable, and as its docstring says."""

import re

from alphasync import errors
from alphasync.errors import AlphasyncError


def defined() -> list[type[AlphasyncError]]:
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, AlphasyncError)
        if value is not AlphasyncError
    ]


def test_codes_are_unique_and_say_what_the_docstring_says() -> None:
    lines = re.findall(r"^\+-- (\w+) +(\w+)(.*)$", errors.__doc__ or "", re.MULTILINE)
    written = {(name, code, "(retryable)" in rest) for name, code, rest in lines}
    assert written == {(e.__name__, e.code, e.retryable) for e in defined()}
    codes = [error.code for error in defined()]
    assert len(codes) == len(set(codes))


def test_each_has_a_text_for_people_and_keeps_its_details() -> None:
    for error in defined():
        assert error().message == error.default_message
        assert error.default_message != AlphasyncError.default_message
    locked = errors.Locked(lockOwner="abc")
    assert locked.message == "Another device is already processing this profile"
    assert dict(locked.details) == {"lockOwner": "abc"}
    assert str(errors.InvalidPayload("no")) == "no"
