"""JSON Schemas of structs in the plain form that every MCP host takes: inlined, typed, no unions."""

from typing import Any, cast

import msgspec

_REF = "#/$defs/"


def schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return a struct's schema with an object at its root and nothing to resolve.

    Hosts drop a whole tool list over a root `$ref`, and some refuse `enum` without `type`.
    """
    (root,), parts = msgspec.json.schema_components([struct], ref_template=_REF + "{name}")
    return cast("dict[str, Any]", _inlined(root, parts, top=True))


def _inlined(node: Any, parts: dict[str, Any], *, top: bool = False) -> Any:
    if isinstance(node, list):
        return [_inlined(item, parts) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    schema = dict(cast("dict[str, Any]", node))
    if "$ref" in schema:
        part = _inlined(parts[schema.pop("$ref").removeprefix(_REF)], parts, top=top)
        # What stands beside a reference (its description here) goes before what it refers to.
        schema = {**part, **schema}
    if "anyOf" in schema and any("$ref" in option for option in schema["anyOf"]):
        raise TypeError("a union of structs has no plain schema")
    schema = {
        key: {name: _inlined(value, parts) for name, value in cast("dict[str, Any]", item).items()}
        if key == "properties"
        else _inlined(item, parts)
        for key, item in schema.items()
        if key != "title"  # a struct's name, which tells a model nothing
    }
    if "enum" in schema:
        schema.setdefault("type", "string")
    if schema.get("type") == "object":
        # The struct's docstring is the tool's description already.
        if top:
            schema.pop("description", None)
        schema.setdefault("additionalProperties", False)
    return schema
