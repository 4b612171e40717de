"""The page to read the OpenAPI document on: rendered here, and it works without scripts."""

import re
from functools import cached_property
from importlib.resources import files
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response, Router, get
from markupsafe import Markup, escape

from api.pages.assets import STYLE
from api.problems import API, DOCS, OF_REFUSALS, OTHERS
from api.rest.openapi import Document
from domain.permissions import Scope

_CODE = re.compile("`([^`]+)`")
_STYLE = f"{DOCS}/style.css"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
}
_KEPT = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}


class Reference:
    """A document and its page, made when they are first asked for."""

    def __init__(self, document: Document) -> None:
        self.document = document
        environment = Environment(
            loader=PackageLoader("api.rest.page", "."),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["marked"] = _marked
        self._templates = environment
        self.style = files("api.rest.page").joinpath("reference.css").read_text()

    @cached_property
    def page(self) -> str:
        contents = self.document.contents
        return self._templates.get_template("reference.html").render(
            document=contents,
            components=contents["components"],
            groups=_groups(contents),
            scopes=list(Scope),
            kinds=sorted((*OF_REFUSALS.values(), *OTHERS), key=lambda kind: kind.status),
            styles=(STYLE, _STYLE),
            address=f"{contents['servers'][0]['url']}{API}",
            prefix=API,
        )


def reference_router() -> Router:
    """Return the routes of the document and its page, which are for everybody to read.

    They expect a `Reference` as the application's state `reference`.
    """

    @get(DOCS, media_type=MediaType.HTML)
    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        return Response(_reference(request).page, media_type=MediaType.HTML, headers=_HEADERS)

    @get([f"{API}/openapi.json", f"{DOCS}/openapi.json"])
    async def document(request: Request[Any, Any, Any]) -> Response[bytes]:
        written = _reference(request).document.json
        return Response(written, media_type="application/vnd.oai.openapi+json;version=3.1")

    @get(_STYLE)
    async def style(request: Request[Any, Any, Any]) -> Response[str]:
        return Response(_reference(request).style, media_type=MediaType.CSS)

    return Router(
        "/",
        route_handlers=[show, document, style],
        response_headers=_KEPT,
        include_in_schema=False,
    )


def _reference(request: Request[Any, Any, Any]) -> Reference:
    return cast("Reference", request.app.state["reference"])


def _marked(text: str) -> Markup:
    """Return a text of the document, in which backticks mark what programs read."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _groups(contents: dict[str, Any]) -> list[tuple[dict[str, str], list[dict[str, Any]]]]:
    """Return the operations by their tags, in the document's order."""
    operations = [
        {**operation, "method": method, "path": path}
        for path, item in contents["paths"].items()
        for method, operation in item.items()
    ]
    return [
        (tag, [operation for operation in operations if tag["name"] in operation["tags"]])
        for tag in contents["tags"]
    ]
