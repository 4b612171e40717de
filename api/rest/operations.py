"""How the document describes one operation: what it takes, what it answers, what may go wrong."""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar.params import ParameterKwarg
from litestar.typing import FieldDefinition

from api.problems import MEDIA_TYPE, OF_REFUSALS, OTHERS
from api.rest.admission import IF_MATCH, KEY_LENGTH
from api.rest.endpoints import SCHEMAS, Endpoint, Schemas
from api.rest.groups import scopes_of

_ALWAYS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,  # what a path or a filter names
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
_WITH_BODY = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
_UNDER_CONDITIONS = {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNPROCESSABLE_ENTITY}

_TEXT = {"type": "string"}
_TRUE = {"type": "string", "const": "true"}
_ETAG = {"description": "The version, for If-Match.", "schema": _TEXT}
_OF_CHANGES = {
    "ETag": _ETAG,
    "Idempotency-Replayed": {"description": "The key's first answer, again.", "schema": _TRUE},
    "Views-Behind": {"description": "What was changed may not be seen yet.", "schema": _TRUE},
}
_LOCATION = {"Location": {"description": "Where the new thing is.", "schema": _TEXT}}
HEADERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Under the same key, the same request is done once and answered alike.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag that was read: change it only while it is at that version.",
        "schema": {"type": "string", "pattern": IF_MATCH},
    },
}
_SECONDS = {"schema": {"type": "integer", "minimum": 1}, "description": "In so many seconds."}
_OF_PROBLEMS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": {"schema": _TEXT}},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": _SECONDS},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": _SECONDS},
}


def describe(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    """Return the operation of an endpoint."""
    handler = endpoint.handler
    text = " ".join((handler.fn.__doc__ or "").split())
    summary, _, description = text.partition(". ")
    parameters = [_path_parameter(field) for field in endpoint.parameters]
    if endpoint.query:
        parameters += schemas.parameters(endpoint.query)
    if endpoint.changes:
        # What is not there yet has no version.
        new = handler.status_code == HTTPStatus.CREATED and "{" not in endpoint.path
        headers = ("IdempotencyKey",) if new else HEADERS
        parameters += ({"$ref": f"#/components/parameters/{name}"} for name in headers)
    (tag,) = handler.resolve_tags()
    scopes = scopes_of(str(handler.operation_id), tag, changes=endpoint.method != "get")
    tokens = [{"token": [scope.value]} for scope in scopes] or [{"token": []}]
    operation: dict[str, Any] = {
        "operationId": handler.operation_id,
        "tags": [tag],
        "security": [*tokens, {"session": []}],
        "summary": summary.removesuffix("."),
        "description": description,
        "parameters": parameters,
        "responses": {str(handler.status_code): _good(endpoint, schemas), **_bad(endpoint)},
    }
    if endpoint.body:
        content = {"application/json": {"schema": schemas.ref(endpoint.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return {name: value for name, value in operation.items() if value}


def problem_responses() -> dict[str, Any]:
    """Return the problems that operations refer to, one for each status."""
    statuses = sorted({*_ALWAYS, HTTPStatus.CONFLICT, *_WITH_BODY, *_UNDER_CONDITIONS})
    return {_problem_name(status): _problem(status) for status in statuses}


def _good(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    status = HTTPStatus(endpoint.handler.status_code)
    headers: dict[str, Any] = {}
    if endpoint.changes:
        headers = {**_OF_CHANGES, **(_LOCATION if status is HTTPStatus.CREATED else {})}
    elif endpoint.tells_version:
        headers = {"ETag": _ETAG}
    good: dict[str, Any] = {"description": status.phrase, "headers": headers}
    if endpoint.answer is not None:
        good["content"] = {"application/json": {"schema": schemas.ref(endpoint.answer)}}
    return {name: value for name, value in good.items() if value}


def _bad(endpoint: Endpoint) -> dict[str, Any]:
    statuses = set(_ALWAYS)
    if endpoint.method != "get":
        statuses.add(HTTPStatus.CONFLICT)
    if endpoint.body:
        statuses |= _WITH_BODY
    if endpoint.changes:
        statuses |= _UNDER_CONDITIONS
    return {
        str(status.value): {"$ref": f"#/components/responses/{_problem_name(status)}"}
        for status in sorted(statuses)
    }


def _problem(status: HTTPStatus) -> dict[str, Any]:
    kinds = [kind.code for kind in (*OF_REFUSALS.values(), *OTHERS) if kind.status is status]
    problem: dict[str, Any] = {
        "description": f"{status.phrase}: {', '.join(kinds)}.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
    }
    headers = _OF_PROBLEMS.get(status)
    return {**problem, "headers": headers} if headers else problem


def _problem_name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "").replace("-", "")


def _path_parameter(field: FieldDefinition) -> dict[str, Any]:
    declared = field.kwarg_definition
    if not isinstance(declared, ParameterKwarg):
        raise TypeError(f"{field.name} is in a path, but nothing says what it is")
    schema = msgspec.json.schema(field.annotation)
    if schema == _TEXT:
        schema = {**_TEXT, "minLength": 1, "maxLength": declared.max_length}
    return {
        "name": field.name,
        "in": "path",
        "description": declared.description,
        "required": True,
        "schema": schema,
    }
