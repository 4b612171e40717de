"""Writes the README's tables of tools, refusals and settings from their declarations."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from domain.refusals import Code
from infra.settings import Settings
from mcp_server.tool import Tool
from mcp_server.tools import TOOLS

README = Path(__file__).parents[1] / "README.md"


def tool_table(tools: Mapping[str, Tool]) -> str:
    """Return one row a tool."""
    rows = ["| Tool | What it does | Permission | |", "|---|---|---|---|"]
    for tool in tools.values():
        what = tool.description.split("\n\n")[0].replace("\n", " ")
        kind = "write" if tool.writes else "read"
        rows.append(f"| `{tool.name}` | {what} | `{tool.permission.value}` | {kind} |")
    return "\n".join(rows)


def refusal_table() -> str:
    """Return one row a refusal's code."""
    rows = ["| Code | Meaning |", "|---|---|"]
    rows += [f"| `{code.value}` | {code.meaning} |" for code in Code]
    return "\n".join(rows)


def setting_table() -> str:
    """Return one row a setting's environment variable."""
    rows = ["| Variable | Meaning | Default |", "|---|---|---|"]
    (_, parts) = msgspec.json.schema_components([Settings])
    for name, field in parts["Settings"]["properties"].items():
        default = f"`{field['default']}`" if field["default"] != "" else ""
        rows.append(f"| `{name}` | {field['description']} | {default} |")
    return "\n".join(rows)


def with_section(text: str, name: str, content: str) -> str:
    """Replace what stands between a section's two marks."""
    marked = re.compile(rf"(<!-- {name}:[^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"the README has no section {name}")
    return marked.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


def written(text: str) -> str:
    """Return the README as the declarations want it."""
    for name, content in (
        ("tools", tool_table(TOOLS)),
        ("refusals", refusal_table()),
        ("settings", setting_table()),
    ):
        text = with_section(text, name, content)
    return text


def main() -> None:
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md is up to date\n")


if __name__ == "__main__":
    main()
