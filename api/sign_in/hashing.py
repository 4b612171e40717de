"""Password hashes by argon2id, made and verified in a few threads, so that they starve nobody."""

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.rates import RateLimited

# OWASP's choice for argon2id with the least memory: 19 MiB, about 20 ms.
MEBIBYTES, PASSES, LANES = 19, 2, 1
_SALT_BYTES, _HASH_BYTES = 16, 32
_THREADS = 2
_BUSY_SECONDS = 2

T = TypeVar("T")


class Hashing:
    """Hashes passwords. More than `most` at a time are refused with `RateLimited`."""

    def __init__(self, random: Callable[[int], bytes], most: int = 100) -> None:
        self._random = random
        self._most = most
        self._hasher = PasswordHasher(
            time_cost=PASSES,
            memory_cost=MEBIBYTES << 10,
            parallelism=LANES,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        # Of no password at all: what is verified where there is no hash, for as long as a real one.
        self._nobodys = (
            f"$argon2id$v=19$m={MEBIBYTES << 10},t={PASSES},p={LANES}"
            f"${_base64(random(_SALT_BYTES))}${_base64(random(_HASH_BYTES))}"
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._pending = 0

    async def make(self, password: str) -> str:
        """Return the hash of a password with a new salt, as a PHC string."""
        return await self._run(lambda: self._hasher.hash(password, salt=self._random(_SALT_BYTES)))

    async def verify(self, made: str | None, password: str) -> bool:
        """Whether the hash is of this password; without a hash it takes as long to say no."""
        return await self._run(lambda: self._matches(made or self._nobodys, password))

    def is_outdated(self, made: str) -> bool:
        """Whether the hash was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(made)

    def _matches(self, made: str, password: str) -> bool:
        try:
            return self._hasher.verify(made, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= self._most:
            raise RateLimited(_BUSY_SECONDS)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1


def _base64(raw: bytes) -> str:
    """Write bytes as PHC strings have them: base64 without padding."""
    return base64.b64encode(raw).rstrip(b"=").decode()
