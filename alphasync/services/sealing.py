"""Encrypting what is kept in Redis: for each purpose by a key of its own, made of a secret that the
server is given."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def cipher_of(secret: str, purpose: bytes) -> Fernet:
    derived = HKDF(SHA256(), 32, None, purpose).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def opens(cipher: Fernet, encrypted: bytes) -> bool:
    try:
        cipher.decrypt(encrypted)
    except InvalidToken:
        return False
    return True
