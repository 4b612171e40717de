"""Secrets that people paste: prefix, 256 random bits and a checksum; only digests are kept."""

import hashlib
import zlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 43, 6  # base62 digits of 256 and of 32 bits

# Public prefixes, by which scanners find what was leaked.
ACCESS_TOKEN = "dl_pat_"  # noqa: S105 - likewise
SESSION = "dl_ses_"
LINK = "dl_lnk_"
APP_TOKEN = "dl_at_"  # noqa: S105 - likewise
REFRESH_TOKEN = "dl_rt_"  # noqa: S105 - likewise
CODE = "dl_ac_"
CLIENT_SECRET = "dl_cs_"  # noqa: S105 - likewise


def encode_secret(prefix: str, random: bytes) -> str:
    """Write 32 random bytes as `prefix` + 43 base62 digits + 6 digits of CRC-32 over both.

    The checksum lets a gate drop what was cut or mistyped without asking a database.
    """
    body = prefix + _base62(int.from_bytes(random, "big"), _RANDOM)
    return body + _base62(zlib.crc32(body.encode()), _CHECK)


def is_well_formed(prefix: str, secret: str) -> bool:
    """Whether the secret has this prefix, its length and a right checksum."""
    if len(secret) != len(prefix) + _RANDOM + _CHECK or not secret.startswith(prefix):
        return False
    if not secret.isascii():
        return False
    body, check = secret[:-_CHECK], secret[-_CHECK:]
    return check == _base62(zlib.crc32(body.encode()), _CHECK)


def digest_of(secret: str) -> bytes:
    """Return SHA-256 of the secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def mask_of(prefix: str, secret: str) -> str:
    """Return what may be shown again: prefix and last four digits."""
    return f"{prefix}…{secret[-4:]}"


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
