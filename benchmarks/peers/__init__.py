"""The servers that alphasync is measured beside: each the same application on another stack.

A client proves itself with a JSON Web Token, is told ``deviceRegistered`` and the drafts of its
account, and sends ``updateMessage``. That stores the draft in Redis with a lifetime, counts up the
account's revision, and reaches the account's other devices on both servers as ``messageUpdated``.

The settings are environment variables: ``HOST``, ``PORT``, ``REDIS_URL`` (``unix://`` only),
``JWT_SECRET``, ``PING_INTERVAL`` and ``PING_TIMEOUT`` in seconds. ``GET /readyz`` answers 200 from
when devices may come.
"""
