"""Writes the tables of the README and of docs/PERMISSIONS.md from their declarations."""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from domain.permissions import TOOL_SCOPES, Permission, Role, Scope, permissions_of
from domain.refusals import Code
from infra.settings import Settings
from mcp_server.tool import Tool
from mcp_server.tools import TOOLS

ROOT = Path(__file__).parents[1]


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


def role_tool_table(tools: Mapping[str, Tool]) -> str:
    """Return one row a tool: what it takes, and which built-in roles have it."""
    rows = [f"| Tool | Permission | Scope | {' | '.join(Role)} |", "|---|---|---" * 2 + "|"]
    for tool in tools.values():
        takes = tool.permission
        rows.append(f"| `{tool.name}` | `{takes}` | `{takes.scope}` | {_roles_with(takes)} |")
    return "\n".join(rows)


def permission_table() -> str:
    """Return one row a permission: what it allows, and which built-in roles have it."""
    rows = [f"| Permission | Allows to | Scope | {' | '.join(Role)} |", "|---|---|---" * 2 + "|"]
    rows += [f"| `{p}` | {p.sentence} | `{p.scope}` | {_roles_with(p)} |" for p in Permission]
    return "\n".join(rows)


def scope_table() -> str:
    """Return one row a scope."""
    rows = ["| Scope | What it is good for | In a new token |", "|---|---|---|"]
    rows += [
        f"| `{scope}` | {scope.sentence} | {'yes' if scope in TOOL_SCOPES else 'when asked for'} |"
        for scope in Scope
    ]
    return "\n".join(rows)


def _roles_with(permission: Permission) -> str:
    return " | ".join("yes" if permission in permissions_of(role) else "no" for role in Role)


PAGES: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    ROOT / "README.md": {
        "tools": lambda: tool_table(TOOLS),
        "refusals": refusal_table,
        "settings": setting_table,
    },
    ROOT / "docs" / "PERMISSIONS.md": {
        "role-tools": lambda: role_tool_table(TOOLS),
        "permissions": permission_table,
        "scopes": scope_table,
    },
}


def with_section(text: str, name: str, content: str) -> str:
    """Replace what stands between a section's two marks."""
    marked = re.compile(rf"(<!-- {name}:[^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"there is no section {name}")
    return marked.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


def written(page: Path) -> str:
    """Return a page as the declarations want it."""
    text = page.read_text(encoding="utf-8")
    for name, content in PAGES[page].items():
        text = with_section(text, name, content())
    return text


def main() -> None:
    for page in PAGES:
        page.write_text(written(page), encoding="utf-8")
        sys.stdout.write(f"{page.relative_to(ROOT)} is up to date\n")


if __name__ == "__main__":
    main()
