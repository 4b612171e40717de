"""What a request asks: its query parameters and its JSON body, read strictly into structs."""

from typing import Any, cast

import msgspec
from litestar import Request
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from api.problems import UNSUPPORTED_MEDIA_TYPE, Problematic
from api.requests import WholeRequest
from domain.authentication import Bearer
from domain.refusals import Code, Refused


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's body; each endpoint that takes one has its own."""


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's query parameters, where they are more than one or two."""


class FromQuery:
    """A dependency that reads all query parameters of a request into a struct.

    The document takes an endpoint's parameters from the same struct.
    """

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self.struct = struct
        (_, parts) = msgspec.json.schema_components([struct], ref_template="{name}")
        fields: dict[str, Any] = parts[struct.__name__].get("properties", {})
        self._lists = {name for name, schema in fields.items() if schema.get("type") == "array"}

    def __call__(self, request: Request[Any, Any, Any]) -> msgspec.Struct:
        given: dict[str, str | list[str]] = {}
        for name in request.query_params:
            values = cast("list[str]", request.query_params.getall(name))
            if name in self._lists:
                given[name] = values
                continue
            given[name], *more = values
            if more:
                raise misfit(f"the query parameter '{name[:64]}' is given more than once")
        try:
            return msgspec.convert(given, self.struct, strict=False)
        except msgspec.ValidationError as error:
            raise misfit(f"the query does not fit: {error}") from None


def from_query(struct: type[msgspec.Struct]) -> Provide:
    """Provide a struct of the query's parameters."""
    return Provide(FromQuery(struct), sync_to_thread=False)


def query_of(handler: BaseRouteHandler) -> type[msgspec.Struct] | None:
    """Return the struct that an endpoint's query is read into; None where it takes no query."""
    for provider in handler.resolve_dependencies().values():
        if isinstance(provider.dependency, FromQuery):
            return provider.dependency.struct
    return None


class StrictRequest(WholeRequest):
    """A request whose body is read as the very type that its endpoint takes.

    The framework would read it leniently: "5" for 5.
    """

    async def json(self) -> Any:
        if self.content_type[0].lower() != "application/json":
            raise Problematic(UNSUPPORTED_MEDIA_TYPE, "Send JSON, as application/json.")
        field = self.route_handler.parsed_data_field
        body = await self.body()
        try:
            return msgspec.json.decode(body, type=field.annotation if field else Any)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            reason = f"the body does not fit: {error}"
        except RecursionError:
            reason = "the body nests too deep"
        # Whatever else is wrong with it, a dead credential's request gets 401.
        await cast("Bearer", self.scope["state"]["identity"]).confirm()
        raise misfit(reason)


def misfit(reason: str) -> Refused:
    """Make the refusal of a request that does not say what its endpoint takes."""
    # msgspec's text names our own fields and types, and at most an unknown field of the client's.
    reason = reason.replace("`", "'")[:300]
    return Refused(
        Code.INVALID_ARGUMENTS,
        f"The request cannot be taken: {reason}. Compare it with the operation's description.",
    )


def asked(data: msgspec.Struct | None = None, **path: object) -> dict[str, Any]:
    """Return what a request asks as plain data: its path's parameters, then its body."""
    body = cast("dict[str, Any]", msgspec.to_builtins(data)) if data else {}
    return {**{name: str(value) for name, value in path.items()}, **body}
