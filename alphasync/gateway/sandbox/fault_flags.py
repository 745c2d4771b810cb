"""The sandbox's switches as command-line flags."""

import msgspec

from alphasync.gateway.sandbox.faults import Drop, Errors, Faults, FaultsError, RateLimit

_AFTER_RECORDING = "after"


def faults_from_flags(
    *,
    latency: float = 0.0,
    refuse: str | None = None,
    rate_limit: str | None = None,
    errors: str | None = None,
    drop: str | None = None,
    status: int | None = None,
    idempotency: bool = True,
    seed: int = 0,
) -> Faults:
    """Build the switches from short texts. Raises FaultsError, which names the flag.

    refuse: a share between 0 and 1 with a decimal point ("0.1"), or recipient ids ("17,23");
    rate_limit: "N" or "N:SECONDS"; errors: "N", "N:STATUS" or "N:STATUS:after"; drop: "N" or
    "N:after". "after" means that the message is recorded all the same.
    """
    faults = Faults(
        latency=latency,
        refuse=_refuse(refuse or ""),
        rate_limit=_rate_limit(rate_limit) if rate_limit else None,
        errors=_errors(errors) if errors else None,
        drop=_drop(drop) if drop else None,
        status=status,
        idempotency=idempotency,
        seed=seed,
    )
    try:
        # Structs check their ranges only when they are decoded.
        return msgspec.convert(msgspec.to_builtins(faults), Faults)
    except msgspec.ValidationError as error:
        raise FaultsError(str(error)) from error


def _refuse(text: str) -> tuple[str, ...] | float:
    if "." in text:
        return _number("refuse", text)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _rate_limit(text: str) -> RateLimit:
    nth, seconds = _parts("rate-limit", text, 2)
    every_nth = _whole("rate-limit", nth)
    return RateLimit(every_nth, _number("rate-limit", seconds)) if seconds else RateLimit(every_nth)


def _errors(text: str) -> Errors:
    nth, status, when = _parts("errors", text, 3)
    return Errors(
        _whole("errors", nth),
        _whole("errors", status) if status else 500,
        _after("errors", when),
    )


def _drop(text: str) -> Drop:
    nth, when = _parts("drop", text, 2)
    return Drop(_whole("drop", nth), _after("drop", when))


def _parts(flag: str, text: str, most: int) -> list[str]:
    parts = text.split(":")
    if len(parts) > most:
        raise FaultsError(f"{flag}: {text!r} has more than {most} parts")
    return parts + [""] * (most - len(parts))


def _after(flag: str, text: str) -> bool:
    if text not in ("", _AFTER_RECORDING):
        raise FaultsError(f"{flag}: {text!r} must be {_AFTER_RECORDING!r} or absent")
    return text == _AFTER_RECORDING


def _whole(flag: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise FaultsError(f"{flag}: {text!r} is not a whole number")
    return int(text)


def _number(flag: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise FaultsError(f"{flag}: {text!r} is not a number") from error
