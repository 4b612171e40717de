"""Writes the tables of the README and of pages in docs from their declarations."""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from api.oauth import core, grants, locations
from api.oauth.errors import ErrorCode
from domain.permissions import TOOL_SCOPES, Permission, Role, Scope, permissions_of
from domain.refusals import Code
from domain.secret import APP_TOKEN, CLIENT_SECRET, CODE, REFRESH_TOKEN
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


def place_table() -> str:
    """Return one row an address of the authorization server."""
    rows = ["| What | Where |", "|---|---|"]
    places = {
        "The MCP endpoint, which is the protected resource": locations.RESOURCE,
        "Metadata of the resource (RFC 9728)": locations.RESOURCE_METADATA,
        "The same for clients that ask at the root": locations.RESOURCE_METADATA_ROOT,
        "Metadata of the issuer (RFC 8414)": locations.SERVER_METADATA,
        "The same for clients that ask as in OpenID Connect": locations.OPENID_METADATA,
        "Authorization endpoint": locations.AUTHORIZE,
        "Token endpoint": locations.TOKEN,
        "Revocation endpoint (RFC 7009)": locations.REVOKE,
        "Registration endpoint (RFC 7591)": locations.REGISTER,
    }
    rows += [f"| {what} | `{path}` |" for what, path in places.items()]
    return "\n".join(rows)


def lifetime_table() -> str:
    """Return one row a kind of secret."""
    rows = ["| What | Begins with | Lasts |", "|---|---|---|"]
    idle, most = core.REFRESH_IDLE.days, core.REFRESH_AT_MOST.days
    lasting = {
        ("Code", CODE): f"{core.CODE_SECONDS} seconds, once",
        ("Access token", APP_TOKEN): f"{core.ACCESS.total_seconds() / 3600:g} hour",
        ("Refresh token", REFRESH_TOKEN): f"{idle} days unused, {most} days at most",
        ("The same, rotated", REFRESH_TOKEN): f"{grants.RETRY.seconds} seconds, same answer",
        ("Client secret", CLIENT_SECRET): "until the client is removed",
    }
    rows += [f"| {what} | `{prefix}` | {until} |" for (what, prefix), until in lasting.items()]
    return "\n".join(rows)


def oauth_error_table() -> str:
    """Return one row an error code of the authorization server."""
    rows = ["| Code | Defined in |", "|---|---|"]
    rows += [f"| `{code.value}` | {code.source} |" for code in ErrorCode]
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
    ROOT / "docs" / "OAUTH.md": {
        "places": place_table,
        "lifetimes": lifetime_table,
        "oauth-errors": oauth_error_table,
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
