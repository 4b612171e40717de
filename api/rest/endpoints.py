"""What endpoints say of themselves in their signatures, and the schemas of what they take and give."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.typing import FieldDefinition

from api.problems import Problem
from api.rest.asking import query_of

SCHEMAS = "#/components/schemas/"
_NAMES = re.compile(r"\{(\w+)\}")


class Endpoint(NamedTuple):
    """An endpoint where it is served; everything else is said by its handler's signature."""

    path: str
    method: str
    handler: HTTPRouteHandler

    @property
    def changes(self) -> bool:
        return "conditions" in self.handler.parsed_fn_signature.parameters

    @property
    def tells_version(self) -> bool:
        """Whether what is read comes with an ETag: so it is where more than a struct is returned."""
        return self.method == "get" and self._returned.is_subclass_of(Response)

    @property
    def _returned(self) -> FieldDefinition:
        return self.handler.parsed_fn_signature.return_type

    @property
    def answer(self) -> Any:
        """The type of a good answer; None where it is empty."""
        returned = self._returned
        if returned.is_subclass_of(Response):
            returned = returned.inner_types[0]
        return None if returned.annotation in {None, type(None)} else returned.annotation

    @property
    def body(self) -> Any:
        field = self.handler.parsed_data_field
        return field.annotation if field else None

    @property
    def query(self) -> type[msgspec.Struct] | None:
        return query_of(self.handler)

    @property
    def parameters(self) -> Iterable[FieldDefinition]:
        """Those that stand in the path."""
        fields = self.handler.parsed_fn_signature.parameters
        return (fields[name] for name in _NAMES.findall(self.path))


class Schemas:
    """The schemas of all types that endpoints take and give, exactly as they are read."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        types: list[Any] = [Problem]
        for endpoint in endpoints:
            types += [one for one in (endpoint.answer, endpoint.body, endpoint.query) if one]
        unique = list(dict.fromkeys(types))
        schemas, parts = msgspec.json.schema_components(unique, ref_template=SCHEMAS + "{name}")
        self._of = dict(zip(unique, schemas, strict=True))
        asked = {self._name(one) for one in (endpoint.query for endpoint in endpoints) if one}
        self._parts = {name: _untitled(part) for name, part in parts.items()}
        self.components = {name: self._parts[name] for name in self._parts if name not in asked}

    def ref(self, of: Any) -> dict[str, Any]:
        return self._of[of]

    def parameters(self, struct: type[msgspec.Struct]) -> list[dict[str, Any]]:
        part = self._parts[self._name(struct)]
        return [
            _parameter(name, schema, required=name in part.get("required", ()))
            for name, schema in part.get("properties", {}).items()
        ]

    def _name(self, struct: type[msgspec.Struct]) -> str:
        return self._of[struct]["$ref"].removeprefix(SCHEMAS)


def _parameter(name: str, schema: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    parameter = {"name": name, "in": "query", "description": schema.get("description", "")}
    bare = {key: value for key, value in schema.items() if key != "description"}
    return {**parameter, **({"required": True} if required else {}), "schema": bare}


def _untitled(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "title"}
