"""Customers: whoever writes from one address is one contact, wherever the words come from."""

from collections.abc import Callable
from uuid import UUID, uuid5

from domain.ticket.words import Contact

_NAMESPACE = UUID("cde852a2-eab6-455e-9519-bfd512aef924")


def contact_id(email: str) -> UUID:
    """Return the id of the contact with an address, whose case does not matter."""
    return uuid5(_NAMESPACE, f"contact:{email.strip().casefold()}")


def contact_of(name: str, email: str | None, new_id: Callable[[], UUID]) -> Contact:
    """Return who has the address; without one, nobody can tell two of a name apart."""
    return Contact(id=contact_id(email) if email else new_id(), name=name, email=email)
