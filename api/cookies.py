"""Cookies: the session's secret, what precedes it and what outlasts it, read and set."""

import re
from collections.abc import Mapping
from datetime import timedelta

from litestar.datastructures import Cookie

from domain.secret import SESSION, is_well_formed

Headers = Mapping[bytes, bytes]  # names in lower case, as ASGI has them

_SESSION = "deskledger_session"
_PRE_SESSION = "deskledger_before"
_BROWSER = "deskledger_browser"
_BROWSER_LASTS = timedelta(days=365)
_BROWSER_VALUE = re.compile(r"[0-9a-f]{64}")


def session_cookie_name(base_url: str) -> str:
    """Return the name of the cookie that holds a session's secret.

    With `__Host-` no neighbouring host can plant one (RFC 6265bis §4.1.3.2). It takes https: from
    this machine itself some browsers keep Secure cookies by http, too, but Safari does not.
    """
    return _named(_SESSION, base_url)


def pre_session_cookie_name(base_url: str) -> str:
    """Return the name of the cookie that ties a form to its browser before anybody signed in."""
    return _named(_PRE_SESSION, base_url)


def read_session(headers: Headers, base_url: str) -> str | None:
    """Return the session's secret that a request presents, if it can be one."""
    for value in _values(headers, session_cookie_name(base_url)):
        if is_well_formed(SESSION, value):
            return value
    return None


def read_pre_session(headers: Headers, base_url: str) -> str | None:
    """Return what ties a form to its browser before anybody signed in."""
    return next(
        (value for value in _values(headers, pre_session_cookie_name(base_url)) if value), None
    )


def read_browser(headers: Headers, base_url: str) -> str | None:
    """Return what tells a browser from all others, whoever is signed in with it."""
    values = _values(headers, _named(_BROWSER, base_url))
    return next((value for value in values if _BROWSER_VALUE.fullmatch(value)), None)


def set_session(secret: str, base_url: str, lasting: timedelta) -> Cookie:
    """Make the cookie that gives a session's secret to the browser."""
    return _cookie(session_cookie_name(base_url), secret, base_url, int(lasting.total_seconds()))


def set_pre_session(value: str, base_url: str) -> Cookie:
    """Make the cookie for forms before signing in; it goes with the browser's window."""
    return _cookie(pre_session_cookie_name(base_url), value, base_url, None)


def set_browser(value: str, base_url: str) -> Cookie:
    """Make the cookie that tells a browser from all others: 256 random bits, in hex, for a year."""
    seconds = int(_BROWSER_LASTS.total_seconds())
    return _cookie(_named(_BROWSER, base_url), value, base_url, seconds)


def clear_session(base_url: str) -> Cookie:
    """Make the cookie that takes the session's secret from the browser."""
    return _cookie(session_cookie_name(base_url), "", base_url, 0)


def _cookie(name: str, value: str, base_url: str, max_age: int | None) -> Cookie:
    return Cookie(
        name,
        value=value,
        path="/",
        max_age=max_age,
        secure=_is_secure(base_url),
        httponly=True,
        samesite="lax",
    )


def _named(name: str, base_url: str) -> str:
    return f"__Host-{name}" if _is_secure(base_url) else name


def _is_secure(base_url: str) -> bool:
    return base_url.startswith("https:")


def _values(headers: Headers, name: str) -> list[str]:
    """Return the values of all cookies of this name, in the request's order (RFC 6265 §5.4)."""
    pairs = (
        pair.partition("=") for pair in headers.get(b"cookie", b"").decode("latin-1").split(";")
    )
    return [value.strip() for key, _, value in pairs if key.strip() == name]
