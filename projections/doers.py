"""Who did it, in which role then, and through what: what each line of the history begins with."""

from collections.abc import Sequence
from typing import Annotated, Any, LiteralString
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.fact import Via
from projections.metadata import Named
from projections.sentences import through


class ClientLine(Struct, frozen=True, omit_defaults=True):
    """The program that spoke, as it named itself, which proves nothing; apps as they were let in."""

    name: str
    version: str | UnsetType = UNSET
    id: Annotated[str, Meta(description="An app's OAuth client_id.")] | UnsetType = UNSET


class CredentialLine(Struct, frozen=True, omit_defaults=True):
    """What the client showed: an access token; or an app's consent or a session, without a mask."""

    id: UUID
    mask: Annotated[str, Meta(description="What of a token may be shown.")] | UnsetType = UNSET


class Doer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who did it, and how."""

    via: Annotated[Via, Meta(description="By which way it came.")]
    through: Annotated[str, Meta(description="The same in words, with client and token.")]
    agent: (
        Annotated[Named, Meta(description="Who did it; absent: nobody, but the house.")] | UnsetType
    ) = UNSET
    role: Annotated[str, Meta(description="The agent's role then.")] | UnsetType = UNSET
    client: ClientLine | UnsetType = UNSET
    credential: CredentialLine | UnsetType = UNSET


# Look-ups for the rows of a page only. Of an activity `a`.
DOER: LiteralString = """
a.agent, (SELECT w.name FROM {views}.agents w WHERE w.id = a.agent), a.role, a.via,
a.client_name, a.client_version, a.client_id,
a.credential, (SELECT c.mask FROM {views}.credentials c WHERE c.id = a.credential)
"""
DOER_WIDTH = 9


def doer_of(row: Sequence[Any]) -> dict[str, Any]:
    """Return the fields of a `Doer` from a row of the columns `DOER`."""
    agent, name, role, via, client, version, client_id, credential, mask = row
    return {
        "via": via,
        "through": through(via, client, mask),
        "agent": UNSET if agent is None else Named(agent, name or ""),
        "role": role or UNSET,
        "client": UNSET if client is None else _client(client, version, client_id),
        "credential": UNSET if credential is None else CredentialLine(credential, mask or UNSET),
    }


def _client(name: str, version: str | None, client_id: str | None) -> ClientLine:
    return ClientLine(name, version or UNSET, client_id or UNSET)
