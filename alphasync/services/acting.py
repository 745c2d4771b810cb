"""Who acts where there is no device: the calls of a backend over HTTP."""

from alphasync.domain.identity import Identity


def device_of(who: Identity) -> str:
    """What stands in the place of a device: of a service token, of a login, or else of a token that
    was signed elsewhere. No device of ours has a name like it, as theirs are hexadecimal."""
    return f"api:{who.sign_in or who.token_hash}"
