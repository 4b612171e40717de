"""The words of a ticket: statuses and their steps, priorities, channels, authors, tags, codes."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from msgspec import Meta, Struct


class Status(StrEnum):
    """Where a ticket stands: one-letter codes with their words."""

    word: str

    def __new__(cls, value: str, word: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.word = word
        return member

    INIT = "I", "initial"
    NEW = "N", "new"
    CHATTING = "T", "chatting"
    CALLING = "P", "calling"
    OPEN = "C", "open"
    ANSWERED = "A", "answered"
    POSTPONED = "W", "postponed"
    RESOLVED = "R", "resolved"
    CLOSED = "L", "closed"
    SPAM = "B", "spam"
    DELETED = "X", "deleted"


RESOLVABLE = frozenset({Status.NEW, Status.OPEN, Status.ANSWERED, Status.POSTPONED})
POSTPONABLE = frozenset({Status.NEW, Status.OPEN, Status.ANSWERED})
# Whose customer writes again, is open again.
WAITING = frozenset({Status.ANSWERED, Status.POSTPONED, Status.RESOLVED})


class Priority(StrEnum):
    """How urgent a ticket is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Channel(StrEnum):
    """How a ticket came in."""

    EMAIL = "email"
    CONTACT_FORM = "contact_form"
    CONTACT_BUTTON = "contact_button"
    CHAT = "chat"
    CALL = "call"
    FACEBOOK = "facebook"
    TWITTER = "twitter"
    WHATSAPP = "whatsapp"
    FORUM = "forum"
    API = "api"


class AuthorKind(StrEnum):
    """Who wrote a message: only an agent's words come from inside the house."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


class Author(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The writer of a message; `id` is a contact's or an agent's."""

    kind: AuthorKind
    id: UUID | None = None
    name: str | None = None


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A customer, with an id from the first fact on."""

    id: UUID
    name: str
    email: str | None = None


MAX_TAGS = 50
MAX_TAG_LENGTH = 64

# Case does not matter in a tag, nor space around it.
Tag = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_LENGTH)]

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I and O: they read as 1 and 0
_CODES = len(_LETTERS) ** 3 * 100_000
# Coprime to _CODES (2, 3 and 5 are its only primes): each number has its own code, and
# neighbours look nothing alike, so that a code tells nobody how many tickets there are.
_STEP, _START = 982_451_653, 377_123_981


def code_of(number: int) -> str:
    """Return the human code of the n-th ticket, such as `KQM-40713`."""
    scattered = (number * _STEP + _START) % _CODES
    letters, digits = divmod(scattered, 100_000)
    head, last = divmod(letters, len(_LETTERS))
    first, middle = divmod(head, len(_LETTERS))
    return f"{_LETTERS[first]}{_LETTERS[middle]}{_LETTERS[last]}-{digits:05d}"
