"""The panel's addresses: pages that need no id, files, what addresses may ask, and where forms are sent."""

from tests.panel.trap import Trap

PLAIN_PAGES = (
    "/account",
    "/account/mcp",
    "/tickets/new",
    "/tickets",
    "/audit",
    "/audit/facts",
    "/admin/agents",
    "/admin/roles",
    "/admin/departments",
    "/admin/clients",
    "/admin/budget",
    "/admin/system",
)
EXPORTS = (
    *("/audit/export.csv", "/audit/export.jsonl"),
    *("/audit/facts/export.csv", "/audit/facts/export.jsonl"),
)
# All that pages read from their addresses.
PARAMETERS = {
    "/": (),
    "/login": ("next", "done", "email"),
    "/setup": ("token",),
    "/password": ("agent", "token"),
    "/account": ("done",),
    "/account/mcp": ("done",),
    "/tickets": (
        *("query", "status", "priority", "department_id", "agent_id"),
        *("tags", "created_from", "created_to", "changed_from", "changed_to"),
        *("sort", "cursor", "done"),
    ),
    "/tickets/new": (),
    "/audit": (
        *("agent_id", "tool", "outcome", "via", "ticket_id", "credential_id", "client"),
        *("from", "to", "cursor"),
    ),
    "/audit/facts": (
        *("agent_id", "about_id", "topic", "via", "ticket_id", "credential_id", "client"),
        *("call_id", "from", "to", "cursor"),
    ),
    "/audit/export.csv": ("agent_id", "tool", "ticket_id", "from", "to"),
    "/audit/facts/export.jsonl": ("about_id", "topic", "client", "call_id", "from"),
    "/admin/agents": ("find", "department", "role", "all", "cursor"),
    "/admin/agents/new": ("department",),
    "/admin/roles": ("done",),
    "/admin/departments": ("cursor",),
    "/admin/clients": ("done",),
    "/admin/budget": ("month", "done"),
    "/admin/system": (),
}
OF_TICKETS = ("messages", "message", "offset", "activity", "by", "client", "kind", "done")


def posts(trap: Trap) -> list[str]:
    agent, ticket = f"/admin/agents/{trap.member.id}", f"/tickets/{trap.ticket.code}"
    actions = ("add_tags", "remove_tags", "resolve_ticket", "reopen_ticket", "assign_ticket")
    return [
        *("/logout", "/account/password", "/account/sessions"),
        *("/account/mcp/tokens", "/account/mcp/tokens/replace", "/account/mcp/tokens/revoke"),
        *("/account/mcp/apps/revoke", "/admin/clients/policy", "/admin/clients/remove"),
        "/account/mcp/test",
        *("/admin/clients/register", "/admin/budget/limit"),
        *(f"{agent}/{deed}" for deed in ("tokens/revoke", "apps/revoke", "deactivate")),
        *(f"{agent}/{deed}" for deed in ("reactivate", "change", "seat", "password-link")),
        *(f"/admin/{each}/add" for each in ("agents", "roles", "departments")),
        *(f"/admin/roles/{trap.role}/{deed}" for deed in ("change", "remove")),
        f"/admin/departments/{trap.department}/rename",
        *(f"{ticket}/{action}" for action in (*actions, "transfer_ticket")),
        *(f"{ticket}/{action}" for action in ("reply", "note", "change_ticket")),
        "/tickets/open_ticket",
    ]
