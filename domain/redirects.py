"""Redirect URIs: which ones a client may have, and which are the same one (OAuth 2.1 §2.3.1, §8.4)."""

import re
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from domain.refusals import Code, Refused

LONGEST = 2_000
_HTTPS = 443

# Of the private schemes without a dot, which any program may take, only those that a client known
# to be honest is bound to: Cursor has had no other (RFC 8252 §7.1 wants a reversed domain name).
KNOWN_PRIVATE = frozenset({"cursor://anysphere.cursor-mcp/oauth/callback"})

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

# RFC 3986 §2 without `*`, so that nobody takes one for a pattern.
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()+,;=%]+")
# What one reader takes for the host, another may not: neither text around brackets, which urlsplit
# passes over, nor percent-encoding, which browsers undo.
_AUTHORITY = re.compile(r"([a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(:[0-9]*)?")
_PORT = re.compile(r":[0-9]*$")
_REVERSED_DOMAIN = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


class Landing(StrEnum):
    """Where a code goes: a site that is proved by its name, this machine, or a program's scheme."""

    HTTPS = "https"
    LOOPBACK = "loopback"
    PRIVATE = "private"


def landing_of(uri: str) -> Landing:
    """Say where a redirect URI leads; refuse with `invalid_arguments` one that no client may have."""
    url = _split(uri)
    if url.fragment or "#" in uri:
        raise _refused("has a fragment")
    if url.username is not None or url.password is not None or "@" in url.netloc:
        raise _refused("names a user")
    if url.scheme in {"http", "https"} and not _AUTHORITY.fullmatch(url.netloc.lower()):
        raise _refused("names no host")
    if url.scheme == "https":
        return Landing.HTTPS
    if url.scheme == "http":
        if url.hostname not in LOOPBACK_HOSTS:
            raise _refused("is http, which only the machine itself may use: take https")
        return Landing.LOOPBACK
    if uri in KNOWN_PRIVATE or _REVERSED_DOMAIN.fullmatch(url.scheme):
        return Landing.PRIVATE
    raise _refused("has a scheme of its own that is no reversed domain name (com.example.app:/…)")


def is_same(registered: str, asked: str) -> bool:
    """Whether a client that registered one may be sent to the other.

    Letter by letter; only on the machine itself the port does not count (RFC 8252 §7.3). There,
    `localhost` is not 127.0.0.1: it may mean another interface.
    """
    if registered == asked:
        return True
    return _is_loopback(asked) and without_port(registered) == without_port(asked)


def without_port(uri: str) -> str:
    """Return a loopback URI without its port, and any other as it is."""
    if not _is_loopback(uri):
        return uri
    netloc = urlsplit(uri).netloc
    # By text: taking it apart and putting it together again would make different ones alike.
    return uri.replace(netloc, _PORT.sub("", netloc), 1)


def host_of(uri: str) -> str:
    """Return what people know the place by: a host, or a program's scheme with its colon.

    A site on a port of its own may be somebody else's: it is not the host's.
    """
    url = _split(uri)
    if url.scheme == "https" and url.port not in {None, _HTTPS}:
        return f"{url.netloc.rpartition(':')[0].lower()}:{url.port}"
    if url.scheme in {"http", "https"}:
        return url.hostname or ""
    return f"{url.scheme}:"


def _is_loopback(uri: str) -> bool:
    try:
        return landing_of(uri) is Landing.LOOPBACK
    except Refused:
        return False


def _split(uri: str) -> SplitResult:
    if len(uri) > LONGEST:
        raise _refused(f"is longer than {LONGEST} characters")
    if not _URI.fullmatch(uri):
        raise _refused("holds a character that no URI has")
    try:
        url = urlsplit(uri)
        _ = url.port  # which raises where it is none
    except ValueError:
        raise _refused("is no URI") from None
    if not url.scheme:
        raise _refused("has no scheme")
    return url


def _refused(why: str) -> Refused:
    return Refused(Code.INVALID_ARGUMENTS, f"A redirect URI cannot be used: it {why}.")
