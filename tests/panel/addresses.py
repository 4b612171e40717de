"""The panel's addresses: pages that need no id, files, and what addresses may ask."""

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
