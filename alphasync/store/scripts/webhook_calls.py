"""The scripts about webhooks.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import NewWebhookKeys, WebhookKeys
from alphasync.store.scripts.declaring import script


@script
def webhook_make(
    keys: NewWebhookKeys,
    /,
    *,
    begun_at: int,
    id: str,
    url: str,
    host: str,
    events: str,
    limited: Literal["", "1"],
    profiles: str,
    secret: bytes,
    operator: str,
    most: int,
    by: bytes,
) -> None: ...


@script
def webhook_remove(keys: WebhookKeys, /, *, id: str, host: str, by: bytes) -> None: ...


@script
def webhook_switch(
    keys: WebhookKeys, /, *, off: Literal["", "1"], host: str, by: bytes
) -> None: ...


@script
def webhook_post(
    keys: WebhookKeys,
    /,
    *,
    id: str,
    kind: str,
    message: str,
    profile: str,
    data: bytes,
    host: str,
    by: bytes,
) -> None: ...


@script
def webhooks_take(keys: WebhookKeys, /, *, server: str, lease: int) -> None: ...


@script
def webhook_read(keys: WebhookKeys, /, *, most: int) -> None: ...


@script
def webhook_settle(
    keys: WebhookKeys,
    /,
    *,
    server: str,
    lease: int,
    told: str,
    attempts: int,
    wait: int,
    off: Literal["", "gone"],
    report: bytes,
    kept: int,
    lasts: int,
) -> None: ...


@script
def webhook_reseal(keys: WebhookKeys, /, *, was: bytes, secret: bytes) -> None: ...


@script
def webhook_attempts(keys: WebhookKeys, /, *, most: int) -> None: ...


@script
def webhooks_release(keys: WebhookKeys, /, *, server: str, idle: int) -> None: ...
