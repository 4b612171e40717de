"""Pages of other sites may use the machine endpoints, as browser-based clients do; never others."""

from typing import cast

from litestar.types import HTTPScope, Message, Scope

from api.oauth import locations

# All say nothing that depends on cookies; what they take is a secret that only its owner has.
_OPEN = frozenset({locations.TOKEN, locations.REVOKE, locations.REGISTER})
_METADATA = (
    locations.RESOURCE_METADATA_ROOT,
    locations.SERVER_METADATA,
    locations.OPENID_METADATA,
)

_ANSWER = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"WWW-Authenticate, Retry-After"),
]
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, MCP-Protocol-Version"),
    (b"access-control-max-age", b"3600"),
]


def is_machine_endpoint(path: str) -> bool:
    """Whether a path is that of a machine endpoint, or where a client looks for metadata."""
    path = path.rstrip("/")
    return path in _OPEN or any(
        path == metadata or path.startswith(f"{metadata}/") for metadata in _METADATA
    )


async def allow_origins(message: Message, scope: Scope) -> None:
    """Let pages of any origin read what a machine endpoint answers, without credentials.

    Fetch, "CORS protocol"; `*` for both, since no answer depends on who asks in a browser.
    """
    if message["type"] != "http.response.start" or not is_machine_endpoint(scope["path"]):
        return
    is_preflight = cast("HTTPScope", scope)["method"] == "OPTIONS"
    message["headers"] = [*message["headers"], *_ANSWER, *(_PREFLIGHT if is_preflight else ())]
