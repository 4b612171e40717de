"""What goes wrong on pages, as pages that tell a way on."""

import logging
from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException

from api import problems
from api.cookies import clear_session
from api.pages.form import Sent
from api.pages.front import ForeignForm, ForeignHost, Front, Page
from api.pages.rendering import see_other
from api.pages.sign_in.entering import HOME, later, login_for, target_of, within
from api.pages.wording import explained
from api.rates import RateLimited
from domain.application import Unauthorized
from domain.ledger import Unavailable
from domain.refusals import Code, Refused

_LOOKING = {"GET", "HEAD"}
# No page has a password or a token in it but the one that makes it.
_UNTOLD = {"password", "current", "again", "token"}
_MACHINES = ("/api/", "/public/", "/health/", "/.well-known/")
_REFUSED = "That was not possible"
_TITLES = {Code.PERMISSION_DENIED: "Not allowed", Code.NOT_FOUND: "Not found"}

log = logging.getLogger(__name__)


def is_for_people(request: Page) -> bool:
    """Whether a page is the answer, and not a problem in JSON."""
    path = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_MACHINES)


def answer(front: Front, request: Page, error: Exception) -> Response[Any]:
    """Turn whatever was raised into a page; nothing of a foreign exception's text gets out."""
    match error:
        case Unauthorized():
            asked = target_of(request.scope["path"], request.scope["query_string"])
            target = within(asked) if request.method in _LOOKING else HOME
            return see_other(login_for(target), [clear_session(front.base_url)])
        case ForeignForm():
            return _message(
                front,
                403,
                "This form is out of date",
                "It was not sent from a page that this browser has open here. Open the page again; "
                "your browser must keep cookies, and use the address that the server is known by.",
            )
        case ForeignHost():
            return _message(
                front,
                421,
                "This address is not ours",
                "The server does not know this address as its own: PUBLIC_URL says which is.",
                way=front.base_url,
            )
        case RateLimited():
            return _later(front, request, 429, later(error, "requests"), error.retry_after)
        case Refused():
            status = problems.status_of(error)
            return _message(front, status, _TITLES.get(error.code, _REFUSED), explained(error))
        case Unavailable():
            sentence = "The database does not answer. Try again in a moment."
            return _later(front, request, 503, sentence, problems.RETRY_SECONDS)
        case HTTPException(status_code=404):
            return _message(
                front, 404, "There is no such page", "The address may be mistyped or out of date."
            )
        case HTTPException():
            return _message(
                front,
                error.status_code,
                _REFUSED,
                "This is no request of ours.",
                headers=error.headers,
            )
        case _:
            log.error("a page failed", exc_info=error)
            return _message(front, 500, "It failed", "That is our fault; trying again may help.")


def _later(front: Front, request: Page, status: int, sentence: str, seconds: int) -> Response[str]:
    """Say that it may be tried again: a page asks again by itself, a form is kept to be sent again."""
    headers = {"Retry-After": str(seconds)}
    title = "Slowly" if status == 429 else "Not just now"  # noqa: PLR2004 - RFC 6585 §4
    path = request.scope["path"]
    if request.method not in _LOOKING:
        sent: Sent | None = request.state.get("kept")
        kept = () if sent is None or not _UNTOLD.isdisjoint(sent) else sent.fields
        if not kept:
            return _message(front, status, title, sentence, headers=headers)
        shown = {"title": title, "sentence": sentence, "again": path, "kept": kept}
        return front.renderer.page("send_again", shown, status=status, headers=headers)
    if status == 503:  # noqa: PLR2004 - RFC 9110 §15.6.4
        headers["Refresh"] = str(seconds)
    way = within(target_of(path, request.scope["query_string"]))
    return _message(front, status, title, sentence, way=way, way_name="Try again", headers=headers)


def _message(
    front: Front,
    status: int,
    title: str,
    sentence: str,
    *,
    way: str = "/",
    way_name: str = "To the start page",
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    shown = {"title": title, "sentence": sentence, "way": way, "way_name": way_name}
    return front.renderer.page("message", shown, status=status, headers=headers)
