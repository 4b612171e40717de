"""The services of an account that every endpoint and page works with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from api.system import ReadSystem
from domain.application import Helpdesk
from domain.ledger import Ledger
from mcp_server.dispatch import Progress
from projections.views import Views


class Services(NamedTuple):
    """What the composition root hands to endpoints; a session ends when it was `idle` for so long."""

    helpdesk: Helpdesk
    ledger: Ledger
    views: Views
    progress: Progress
    random: Callable[[int], bytes]
    base_url: str
    idle: timedelta
    system: ReadSystem

    def now(self) -> datetime:
        return self.helpdesk.now()

    def new_id(self) -> UUID:
        return self.helpdesk.new_id()
