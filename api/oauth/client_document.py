"""Client ID Metadata Documents: which URLs may name one, and what is taken from it.

draft-ietf-oauth-client-id-metadata-document; its rules about URLs are the same in -01 and -02.
"""

import re
import unicodedata
from collections.abc import Container
from urllib.parse import unquote, urlsplit

import msgspec

from domain.oauth_client import GrantType, OAuthClient
from domain.permissions import TOOL_SCOPES, Scope
from domain.redirects import landing_of
from domain.refusals import Refused
from projections.text import clean

LONGEST = 1_000
MOST_REDIRECTS = 10
LONGEST_NAME = 100
_LONGEST_FAULT = 200

_URL = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f.]*:[0-9a-f:.]*")
_LONGEST_HOST = 253
_HTTPS = 443
# Format characters (which no eye sees), and what has no meaning yet or outside one program.
_UNSEEN = frozenset({"Cf", "Cn", "Co", "Cs"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that look like a space


class DocumentRefused(Exception):  # noqa: N818 - the client's fault, which a person is told
    """A client's document cannot be used; the text is a sentence for people that says why."""


class Unreachable(DocumentRefused):
    """It cannot be had now: that says nothing of an earlier copy."""


def require_document_url(client_id: str, plain: Container[str] = ()) -> None:
    """Refuse a client ID that no document may be at (draft §3); raises `DocumentRefused`.

    A query is let through, as clients only SHOULD NOT have one. `plain` are the `host:port` that
    may have http, for tests.
    """
    if len(client_id) > LONGEST:
        raise _bad_id(f"is longer than {LONGEST} characters")
    if not _URL.fullmatch(client_id):
        raise _bad_id("holds a character that no URL has")
    try:
        url = urlsplit(client_id)
        port = url.port
    except ValueError:
        raise _bad_id("is no URL") from None
    if not client_id.startswith("https://") and (url.scheme != "http" or url.netloc not in plain):
        raise _bad_id("does not begin with https://")
    if "@" in url.netloc:
        raise _bad_id("names a user")
    host = url.hostname or ""
    named = f"[{host}]" if ":" in host else host
    # Put together again and compared: what one reader takes for the host, another may not.
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        raise _bad_id("names no host")
    if url.netloc.lower() not in {named, f"{named}:{port}"}:
        raise _bad_id("names no host")
    if "#" in client_id:
        raise _bad_id("has a fragment")
    if not url.path:
        raise _bad_id("has no path")
    if not {".", ".."}.isdisjoint(unquote(url.path).replace("\\", "/").split("/")):
        raise _bad_id("has a dot segment in its path")


class _Document(msgspec.Struct, frozen=True):
    """What is read of a document (RFC 7591 §2); null counts as left out.

    The rest, logos above all, is passed over.
    """

    client_id: str
    redirect_uris: list[str]
    client_name: str | None = None
    client_uri: str | None = None
    grant_types: list[str] | None = None
    response_types: list[str] | None = None
    scope: str | None = None
    token_endpoint_auth_method: str | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    client_secret: object = None
    client_secret_expires_at: object = None


def read_document(client_id: str, body: bytes) -> OAuthClient:
    """Return the client that the document at its ID's URL describes; raises `DocumentRefused`."""
    document = _decode(body)
    if document.client_id != client_id:
        raise _bad("its client_id is not the URL that it was asked for")
    return _client_of(document)


def read_pinned_document(body: bytes) -> OAuthClient:
    """Return the client of a document that is believed whatever it names as its URL.

    Raises `DocumentRefused`.
    """
    document = _decode(body)
    require_document_url(document.client_id)
    return _client_of(document)


def _decode(body: bytes) -> _Document:
    try:
        return msgspec.json.decode(body, type=_Document)
    except RecursionError:
        raise _bad("it is nested too deep") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise _bad(f"{error}"[:_LONGEST_FAULT]) from None


def _client_of(document: _Document) -> OAuthClient:
    client_id = document.client_id
    _require_public(document)
    if "code" not in (document.response_types or ["code"]):
        raise _bad("its response_types are without code")
    return OAuthClient(
        id=client_id,
        source="document",
        name=shown_name(document.client_name, client_id),
        redirect_uris=_redirects_of(document.redirect_uris),
        grant_types=_grants_of(document.grant_types),
        scopes=_scopes_of(document.scope),
        uri=document.client_uri if _is_same_site(document.client_uri, client_id) else None,
    )


def shown_name(name: str | None, url: str) -> str:
    """Return a client's name on one short line, without what hides or misleads; else its host."""
    seen = (
        char
        for char in clean(name or "")
        if char not in _FILLERS and unicodedata.category(char) not in _UNSEEN
    )
    line = " ".join("".join(seen).split())
    if len(line) > LONGEST_NAME:
        line = f"{line[: LONGEST_NAME - 1].rstrip()}…"
    return line or urlsplit(url).hostname or url[:LONGEST_NAME]


def _require_public(document: _Document) -> None:
    """Refuse a client that wants to prove itself by a secret, or by a key and nothing else.

    ChatGPT prefers a key, but takes `none` from those who know no keys; it says so under
    `token_endpoint_auth_methods_supported`.
    """
    if document.client_secret is not None or document.client_secret_expires_at is not None:
        raise _bad("it has a client_secret, which everybody could read")
    method = document.token_endpoint_auth_method or "none"
    if method == "none" or "none" in (document.token_endpoint_auth_methods_supported or ()):
        return
    if method == "private_key_jwt":
        raise _bad(
            "it asks for private_key_jwt, which is not known here: "
            "none must be among its token_endpoint_auth_methods_supported"
        )
    raise _bad("its token_endpoint_auth_method must be none")


def _redirects_of(uris: list[str]) -> tuple[str, ...]:
    """Return those that a client may have: of several, a bad one takes nothing from the others."""
    if not 1 <= len(uris) <= MOST_REDIRECTS:
        raise _bad(f"it must have 1 to {MOST_REDIRECTS} redirect_uris")
    good: list[str] = []
    fault = ""
    for uri in dict.fromkeys(uris):
        try:
            landing_of(uri)
            good.append(uri)
        except Refused as refused:
            fault = refused.sentence
    if not good:
        raise _bad(f"none of its redirect_uris can be used. {fault.rstrip('.')}")
    return tuple(good)


def _grants_of(names: list[str] | None) -> tuple[GrantType, ...]:
    """Return what of it there is here; published once for all servers, it may name any others."""
    if names is None:
        return ("authorization_code", "refresh_token")
    if "authorization_code" not in names:
        raise _bad("its grant_types are without authorization_code")
    if "refresh_token" in names:
        return ("authorization_code", "refresh_token")
    return ("authorization_code",)


def _scopes_of(names: str | None) -> tuple[Scope, ...]:
    known = TOOL_SCOPES & set((names or "").split())
    return tuple(sorted(known or TOOL_SCOPES))


def _is_same_site(uri: str | None, client_id: str) -> bool:
    """Whether a page is of the very origin that speaks for the client."""
    if uri is None:
        return False
    try:
        require_document_url(uri if urlsplit(uri).path else f"{uri}/")
    except (DocumentRefused, ValueError):
        return False
    one, other = urlsplit(uri), urlsplit(client_id)
    return other.scheme == "https" and (one.hostname, one.port or _HTTPS) == (
        other.hostname,
        other.port or _HTTPS,
    )


def _bad_id(why: str) -> DocumentRefused:
    return DocumentRefused(f"The client's ID cannot be used: it {why}.")


def _bad(why: str) -> DocumentRefused:
    return DocumentRefused(f"The client's document cannot be used: {why}.")
