"""Requests whose bodies are read whole, or not at all."""

from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException

from api.problems import ClientLeft


class WholeRequest(Request[Any, Any, Any]):
    """A request that a client may leave in the middle of, which is nobody's fault."""

    async def body(self) -> bytes:
        """Read the whole body. Raises `ClientLeft` where its end will never come."""
        try:
            return await super().body()
        except InternalServerException:  # the framework's name for it
            raise ClientLeft from None
