"""Tickets of a test's own, opened over HTTP."""

from typing import Any

from tests.mcp.company import SUPPORT, Company
from tests.rest.client import Client

UNKNOWN = "/tickets/01890a5d-ac96-774b-bcce-b302099a8057"
MAX = {"name": "Max Muster", "email": "max@customer.example"}


def new_ticket(company: Company, department: str = SUPPORT, **more: object) -> dict[str, object]:
    """Return the body of a request that opens a ticket."""
    return {
        "department_id": str(company.departments[department]),
        "subject": "A question",
        "requester": MAX,
        "body": "Does it float?",
        **more,
    }


def opened(client: Client, company: Company, department: str = SUPPORT, **more: object) -> str:
    """Open a ticket and return its path."""
    answer = client.post("/tickets", new_ticket(company, department, **more))
    assert answer.status == 201, answer.raw
    return f"/tickets/{answer.body['ticket_id']}"


def messages(client: Client, path: str) -> list[dict[str, Any]]:
    """Return what is written in a ticket, the oldest first."""
    return client.get(f"{path}/messages").body["messages"]
