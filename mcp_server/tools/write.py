"""The tools that act on a ticket: each input is the command itself."""

from domain.ticket.commands import (
    Action,
    AddTags,
    AssignTicket,
    RemoveTags,
    ReopenTicket,
    ResolveTicket,
    TransferTicket,
)
from mcp_server.outcome import TicketOutcome
from mcp_server.tool import ADDS, CHANGES, Hints, Tool


def _write_tool(name: str, title: str, command: type[Action], hints: Hints) -> Tool:
    return Tool(
        name,
        title,
        input=command,
        output=TicketOutcome,
        permission=command.permission,
        hints=hints,
    )


WRITE_TOOLS = (
    _write_tool("add_tags", "Add tags", AddTags, ADDS),
    _write_tool("remove_tags", "Remove tags", RemoveTags, CHANGES),
    _write_tool("resolve_ticket", "Resolve ticket", ResolveTicket, CHANGES),
    _write_tool("reopen_ticket", "Reopen ticket", ReopenTicket, CHANGES),
    _write_tool("assign_ticket", "Assign ticket", AssignTicket, CHANGES),
    _write_tool("transfer_ticket", "Transfer ticket", TransferTicket, CHANGES),
)
