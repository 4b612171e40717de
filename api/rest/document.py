"""The OpenAPI document of the REST API, and what it says of every operation alike."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib import metadata
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from api.problems import DOCS, MEDIA_TYPE, OF_REFUSALS, Problem

DESCRIPTION = """\
The helpdesk over HTTP: the same commands, refusals and history as through MCP and the pages.

Authenticate with an access token that has a scope for what you do (`Authorization: Bearer …`), or
with a session and its CSRF token. Calls here do not count on the tool call budget.
"""

# Whatever is asked, these may be the answer.
_ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WHEN_NAMED = (HTTPStatus.NOT_FOUND,)
_WHEN_CHANGING = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class Document(JsonRenderPlugin):
    """The document as JSON, with the problems that any operation may answer with."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - the plugin's shape
        return msgspec.json.encode(documented(openapi_schema))


def openapi_config(*plugins: JsonRenderPlugin) -> OpenAPIConfig:
    """Configure the document; it is served under `DOCS`."""
    return OpenAPIConfig(
        title="Deskledger",
        version=metadata.version("deskledger"),
        description=DESCRIPTION,
        path=DOCS,
        render_plugins=plugins or (Document(path="/openapi.json"),),
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http", scheme="bearer", description="An access token, dl_pat_…"
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name="__Host-deskledger_session",
                    security_scheme_in="cookie",
                    description="A session; changes take X-CSRF-Token, too.",
                ),
            }
        ),
        security=[{"token": []}, {"session": []}],
    )


def documented(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with each operation's problems declared."""
    (_, parts) = msgspec.json.schema_components(
        [Problem], ref_template="#/components/schemas/{name}"
    )
    components = dict(schema["components"])
    components["schemas"] = {**components.get("schemas", {}), **parts}
    components["responses"] = {_name(status): _response(status) for status in _statuses()}
    paths = {
        path: {
            method: _with_problems(path, method, cast("dict[str, Any]", operation))
            if method in _METHODS
            else operation
            for method, operation in cast("dict[str, Any]", item).items()
        }
        for path, item in schema["paths"].items()
    }
    return {**schema, "components": components, "paths": paths}


def _with_problems(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    statuses = {*_ALWAYS, *(_WHEN_NAMED if "{" in path else ())}
    if method != "get":
        statuses |= set(_WHEN_CHANGING)
    problems = {
        str(status.value): {"$ref": f"#/components/responses/{_name(status)}"}
        for status in sorted(statuses)
    }
    return {**operation, "responses": {**operation.get("responses", {}), **problems}}


def _statuses() -> Iterable[HTTPStatus]:
    return sorted({*_ALWAYS, *_WHEN_NAMED, *_WHEN_CHANGING})


def _name(status: HTTPStatus) -> str:
    return f"{status.phrase.title().replace(' ', '')}Problem"


def _response(status: HTTPStatus) -> dict[str, Any]:
    codes = [kind.code for kind in OF_REFUSALS.values() if kind.status is status]
    of = f" ({', '.join(codes)})" if codes else ""
    return {
        "description": f"{status.phrase}{of}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
