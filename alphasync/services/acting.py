"""Who acts: a device, or what stands in its place where a backend calls over HTTP."""

from typing import NamedTuple, Protocol

from alphasync.domain.identity import Identity


class Acting(Protocol):
    @property
    def who(self) -> Identity: ...

    @property
    def device_id(self) -> str: ...


class Caller(NamedTuple):
    """Somebody who calls over HTTP."""

    who: Identity

    @property
    def device_id(self) -> str:
        return device_of(self.who)


def device_of(who: Identity) -> str:
    """What stands in the place of a device: of a service token, of a login, or else of a token that
    was signed elsewhere. No device has a name like it, as theirs are hexadecimal."""
    return f"api:{who.sign_in or who.token_hash}"
