"""What Redis says to a user who lacks a right, in the words of its versions."""

import pytest
from redis.exceptions import NoPermissionError, ResponseError

from alphasync.store.redis.advice import words

CHANNELS = "the user may not use the channels: &as:* and &socketio are needed"
KEYS = "the user may not use the keys: ~as:* is needed"


@pytest.mark.parametrize(
    ("error", "command", "said"),
    [
        (
            ResponseError(
                "The user executing the script can't publish to the channel mentioned in the "
                "command script: 4f0e, on @user_script:1."
            ),
            "publish",
            CHANNELS,
        ),
        (
            ResponseError(
                "The user executing the script can't run this command or subcommand script: 4f0e"
            ),
            "hset",
            "the user may not run HSET: +hset is needed",
        ),
        (
            ResponseError(
                "ACL failure in script: User u has no permissions to run the 'time' command"
            ),
            "evalsha",
            "the user may not run TIME: +time is needed",
        ),
        (NoPermissionError("No permissions to access a channel"), "subscribe", CHANNELS),
        (NoPermissionError("this user has no permissions to access one of the keys"), "get", KEYS),
    ],
)
def test_the_right_that_is_missing_is_named(error: Exception, command: str, said: str) -> None:
    assert words(error, command) == said
