"""What a search finds, told by the tickets' subjects."""

from typing import Any

import msgspec

from domain.caller import Caller
from projections.question import TicketSearch
from projections.views import Views
from tests.projections.book import ALL


async def found(views: Views, query: str = "", caller: Caller = ALL, **narrowed: Any) -> list[str]:
    """Return the subjects that a search finds, in its order."""
    arguments: dict[str, Any] = {"query": query, "limit": 50, **narrowed}
    search = msgspec.convert(arguments, TicketSearch)
    return [hit.subject for hit in (await views.search_tickets(caller, search)).tickets]
