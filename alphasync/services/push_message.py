"""What a push service is given: a text that only the browser can read, and proof of who sends it.

RFC 8291 (the encryption), RFC 8188 (its form, one record) and RFC 8292 (the proof, VAPID).
"""

import base64
import binascii
import os
import struct
from collections.abc import Sequence
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve: a private key is a number from 1 to one below it."""
POINT = 65
"""Bytes of a public key as it is sent."""
AUTH = 16
"""Bytes of the browser's secret."""
SALT = 16
RECORD = 4096
"""Bytes of the one record; push services take no more."""
BODY_MAX = 3072
"""Bytes of a text: with all that goes with it, it is one record."""
PROOF_TTL = 12 * 3600
"""Seconds; the RFC allows a day."""
PURPOSE = b"alphasync web push"


class NoSubscription(ValueError):
    """The keys of a subscription that are none."""


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str, size: int) -> bytes:
    """Raises NoSubscription for what is not so many bytes."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NoSubscription from None
    if len(raw) != size:
        raise NoSubscription
    return raw


def point_of(text: str) -> ec.EllipticCurvePublicKey:
    """A browser's public key. Raises NoSubscription."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(text, POINT))
    except ValueError:
        raise NoSubscription from None


def _raw(key: ec.EllipticCurvePublicKey) -> bytes:
    form = serialization.PublicFormat.UncompressedPoint
    return key.public_bytes(serialization.Encoding.X962, form)


def _derive(material: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    return HKDF(hashes.SHA256(), size, salt, info).derive(material)


def encrypt(
    body: bytes,
    p256dh: str,
    auth: str,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """``sender`` and ``salt`` are of this one message. Raises NoSubscription."""
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT)
    receiver, secret = point_of(p256dh), decode(auth, AUTH)
    own = _raw(sender.public_key())
    info = b"WebPush: info\0" + _raw(receiver) + own
    material = _derive(sender.exchange(ec.ECDH(), receiver), secret, info, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(key).encrypt(nonce, body + b"\2", None)
    return salt + struct.pack("!IB", RECORD, len(own)) + own + record


class PushKeys:
    """The keys by which push services know us, each made of a key that signs tokens: so all servers
    have the same ones, they are kept where that is, and go on with it while it is changed.
    ``contact``: whom a push service may write to, or ''."""

    def __init__(self, secrets: Sequence[str], contact: str) -> None:
        self._contact = contact
        made = [_made_of(secret) for secret in secrets]
        self._keys = {encode(_raw(key.public_key())): key for key in made}
        self.public = next(iter(self._keys))
        """What a browser subscribes with."""

    def __contains__(self, public: str) -> bool:
        return public in self._keys

    def proof(self, endpoint: str, public: str, now: float) -> str:
        """The header ``Authorization``, of the key that a subscription was made with."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now) + PROOF_TTL}
        if self._contact:
            claims["sub"] = self._contact
        token = jwt.encode(claims, self._keys[public], algorithm="ES256")
        return f"vapid t={token}, k={public}"


def _made_of(secret: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(_derive(secret.encode(), b"", PURPOSE, 48), "big")
    return ec.derive_private_key(number % (ORDER - 1) + 1, CURVE)
