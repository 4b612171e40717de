"""JSON Schemas of structs in the plain form that every MCP host takes: inlined, typed, no unions."""

from typing import Any, cast

import msgspec

_REF = "#/$defs/"
# What a model cannot act upon costs it context all the same; the server checks lengths anyway.
_LEFT_OUT = {"title", "minLength", "maxLength", "minItems", "maxItems"}


def input_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of a tool's arguments, with an object at its root and nothing to resolve.

    Hosts drop a whole tool list over a root `$ref`, and some refuse `enum` without `type`.
    """
    root, parts = _components(struct)
    return cast("dict[str, Any]", _inlined(root, parts))


def output_outline(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of a tool's answer: the fields that it always has, with their types.

    Every tool's schemas are in a model's context all the time, so this stays an outline; the
    answers name their fields themselves.
    """
    schema = input_schema(struct)
    always = {name: {"type": schema["properties"][name]["type"]} for name in schema["required"]}
    return {"type": "object", "properties": always}


def _components(struct: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    (root,), parts = msgspec.json.schema_components([struct], ref_template=_REF + "{name}")
    root = dict(parts[root["$ref"].removeprefix(_REF)])
    # The struct's docstring is the tool's description already.
    root.pop("description", None)
    return root, parts


def _inlined(node: Any, parts: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, parts) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    schema = dict(cast("dict[str, Any]", node))
    if "$ref" in schema:
        part = dict(parts[schema.pop("$ref").removeprefix(_REF)])
        part.pop("description", None)  # a class's docstring; the field has words of its own
        schema = {**part, **schema}
    if "anyOf" in schema:
        raise TypeError("a union has no schema that every host takes")
    schema = {
        key: {name: _inlined(value, parts) for name, value in cast("dict[str, Any]", item).items()}
        if key == "properties"
        else _inlined(item, parts)
        for key, item in schema.items()
        if key not in _LEFT_OUT
    }
    if "enum" in schema:
        schema.setdefault("type", "string")
    return schema
