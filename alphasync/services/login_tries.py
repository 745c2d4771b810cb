"""How often anybody may try to log in."""

import hashlib
import re
import unicodedata
from typing import Literal

import msgspec

from alphasync import telemetry
from alphasync.errors import TooManyRequests
from alphasync.store import key_groups, keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.login_calls import login_attempt, login_settle

CLIENT_KNOWN_TTL = 30 * 86400
"""Seconds that an address is known for an account after a login from it."""


UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Unicode's categories of control, format and white space characters."""
IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""The others that show nothing: the rest of Unicode's Default_Ignorable_Code_Point."""


class LoginLimits(msgspec.Struct, frozen=True):
    """Wrong logins in ``window`` seconds, counted from the first of them."""

    pair: int = 10
    """For one account from one address."""
    account: int = 50
    """For one account from any address."""
    address: int = 100
    """For any account from one address."""
    overall: int = 2000
    """All that are counted; so many keys at most are kept of each kind."""
    window: float = 300.0


class LoginTries:
    """A try is counted when it begins, so that no number of them at once gets past a limit, and
    taken back unless the gateway refused it.

    An address from which the account was logged in to before, and a device that proves by an
    earlier token that it was, have the first and the third limit only: whoever guesses at an
    account, from anywhere, does not lock its operator out.
    """

    def __init__(self, scripts: Scripts, limits: LoginLimits) -> None:
        self._scripts = scripts
        self._limits = limits

    async def begin(self, email: str, address: str, *, proven: bool = False) -> None:
        """Count a try; ``proven``: of a known device. Raises TooManyRequests (with ``retryAfter``,
        in seconds) at a limit."""
        limits = self._limits
        answer = await self._scripts.call(
            login_attempt(
                _keys(email, address),
                proven="1" if proven else "",
                pair_max=limits.pair,
                account_max=limits.account,
                address_max=limits.address,
                overall_max=limits.overall,
                window=round(limits.window * 1000),
            )
        )
        if answer.outcome == "REFUSED":
            telemetry.limits.labels("login_tries").inc()
            wait = max(1, -(-answer.number(1) // 1000))
            raise TooManyRequests(f"Too many tries, please wait {_spoken(wait)}", retryAfter=wait)

    async def take_back(self, email: str, address: str) -> None:
        """The gateway did not say that it was wrong."""
        await self._settle(email, address, "unknown")

    async def succeed(self, email: str, address: str, account: str, operator_id: str) -> None:
        """It was right: the wrong ones before it were slips of the keyboard."""
        await self._settle(email, address, "right", account, operator_id)

    async def _settle(
        self,
        email: str,
        address: str,
        outcome: Literal["right", "unknown"],
        account: str = "",
        operator_id: str = "",
    ) -> None:
        await self._scripts.call(
            login_settle(
                _keys(email, address),
                outcome=outcome,
                known_for=CLIENT_KNOWN_TTL * 1000,
                tenant=account,
                operator=operator_id,
            )
        )


def count_of(email: str) -> str:
    """The key that counts the wrong logins for an address, from anywhere. All others are of a pair
    of two addresses, or of one that is not this."""
    return keys.tries("account", _digest(one_form(email)))


def whose_of(email: str) -> str:
    """The key that says of which account and operator an address is."""
    return keys.tries("whose", _digest(one_form(email)))


MARKS = keys.tries("whose", "*")
"""The pattern of all of these keys."""


def _keys(email: str, address: str) -> key_groups.LoginKeys:
    account = one_form(email)
    return key_groups.LoginKeys(
        pair=keys.tries("pair", _digest(f"{account}\n{address}")),
        account=keys.tries("account", _digest(account)),
        address=keys.tries("address", _digest(address)),
        overall=keys.tries("overall", ""),
        known=keys.tries("known", _digest(f"{account}\n{address}")),
        whose=whose_of(email),
    )


def one_form(email: str) -> str:
    """What counts as one e-mail address, however it is typed."""
    # Neither white space nor what cannot be seen at all makes another address of it.
    shown = "".join(c for c in email if unicodedata.category(c) not in UNSEEN)
    folded = unicodedata.normalize("NFKC", IGNORED.sub("", shown)).casefold()
    composed = unicodedata.normalize("NFKC", folded)
    return "".join(c for c in composed if unicodedata.category(c) not in UNSEEN)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _spoken(seconds: int) -> str:
    if seconds <= 90:
        return f"{seconds} seconds" if seconds > 1 else "a second"
    return f"{-(-seconds // 60)} minutes"
