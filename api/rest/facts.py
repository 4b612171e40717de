"""Facts: everything that happened in the account, for those who may read the audit trail."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, UnsetType

from api.rest.acting import Acting
from api.rest.asking import from_query
from api.rest.calls import TrailListing, Word
from domain.permissions import Permission
from projections.facts import FactFilter, FactPage


class FactListing(TrailListing, frozen=True):
    """Which facts to list: those that meet all that is given."""

    topic: (
        Annotated[
            Word, Meta(description="Of this kind, such as agent.role_changed; or all of agent.")
        ]
        | UnsetType
    ) = UNSET
    about_id: (
        Annotated[
            UUID,
            Meta(
                description="To this agent, or to the agent's tokens, apps, sessions or password; "
                "or to this role or department."
            ),
        ]
        | UnsetType
    ) = UNSET
    call_id: Annotated[UUID, Meta(description="As a part of this call.")] | UnsetType = UNSET

    def filter(self) -> FactFilter:
        """Return what is asked for."""
        return FactFilter(
            **self.trail(),
            topic=self.topic or None,
            about=self.about_id or None,
            call=self.call_id or None,
        )


@get(
    "/facts",
    operation_id="list_facts",
    tags=["facts"],
    dependencies={"listing": from_query(FactListing)},
)
async def list_facts(
    acting: NamedDependency[Acting], listing: NamedDependency[FactListing]
) -> FactPage:
    """List what happened in the account, newest first. Calls have a list of their own."""
    acting.reading(Permission.AUDIT_READ)
    return await acting.services.views.list_facts(
        listing.filter(), cursor=listing.cursor or None, limit=listing.limit
    )


ENDPOINTS = (list_facts,)
