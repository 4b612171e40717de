"""Replies kept for those who ask again: whoever holds the old token opens one, and nobody else."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12  # bytes, as AES-GCM wants it (NIST SP 800-38D §5.2.1.1)
_PURPOSE = b"deskledger: the reply to a refresh token"


def seal(token: str, reply: bytes, nonce: bytes) -> bytes:
    """Seal a reply under the token that it was given for; `nonce` is of `NONCE` random bytes.

    At rest lies only the token's digest, so that a copy of the database opens nothing.
    """
    return nonce + AESGCM(_key_of(token)).encrypt(nonce, reply, None)


def unseal(token: str, sealed: bytes) -> bytes | None:
    """Return the reply; None where it was not sealed under this token."""
    try:
        return AESGCM(_key_of(token)).decrypt(sealed[:NONCE], sealed[NONCE:], None)
    except (InvalidTag, ValueError):
        return None


def _key_of(token: str) -> bytes:
    """Derive a key from 256 random bits, which need no salt (RFC 5869 §3.1)."""
    return HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(token.encode())
