"""The OpenAPI document of the REST API: made when it is first asked for, and kept."""

from collections.abc import Iterator
from functools import cached_property
from importlib import metadata
from typing import Any

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.cookies import session_cookie_name
from api.problems import API
from api.rest.endpoints import Endpoint, Schemas
from api.rest.groups import GROUPS
from api.rest.operations import HEADERS, describe, problem_responses

DESCRIPTION = """\
The helpdesk over HTTP: the same commands, refusals and history as through MCP and the pages. \
Calls here do not count on the tool call budget.

Changes take an `Idempotency-Key`: repeat a request under its key, and it is done once and \
answered alike. And they take `If-Match` with the `ETag` of an answer: then they are made only \
while nothing else has changed. Where an answer shows a secret, this once, there is neither.

What is unknown is refused: query parameters as well as fields of a body.
"""


class Document:
    """The document of one application, once all its routes are known."""

    def __init__(self, app: Litestar, base_url: str) -> None:
        self._app = app
        self._base_url = base_url

    @cached_property
    def contents(self) -> dict[str, Any]:
        endpoints = list(_endpoints(self._app))
        schemas = Schemas(endpoints)
        paths: dict[str, dict[str, Any]] = {}
        for endpoint in endpoints:
            paths.setdefault(endpoint.path, {})[endpoint.method] = describe(endpoint, schemas)
        used = {
            tag
            for item in paths.values()
            for operation in item.values()
            for tag in operation["tags"]
        }
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Deskledger",
                "version": metadata.version("deskledger"),
                "description": DESCRIPTION,
            },
            "servers": [{"url": self._base_url}],
            "security": [{"token": []}, {"session": []}],
            "tags": [
                {"name": name, "description": group.sentence}
                for name, group in GROUPS.items()
                if name in used
            ],
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "parameters": HEADERS,
                "responses": problem_responses(),
                "securitySchemes": self._security_schemes(),
            },
        }

    @cached_property
    def json(self) -> bytes:
        return msgspec.json.encode(self.contents)

    def _security_schemes(self) -> dict[str, Any]:
        return {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token (dl_pat_…) with a scope for what you do.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": session_cookie_name(self._base_url),
                "description": "A session, as people have it who signed in at /login. Changes take "
                "the X-CSRF-Token that GET /api/v1/session tells, too.",
            },
        }


def _endpoints(app: Litestar) -> Iterator[Endpoint]:
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith(API):
            for method, (handler, _) in sorted(route.route_handler_map.items()):
                if handler.resolve_include_in_schema():
                    yield Endpoint(route.path_format, method.lower(), handler)
