"""What was written in a ticket as its page shows it: the latest messages, oldest first, quotes folded."""

from typing import NamedTuple
from uuid import UUID

from api.pages.panel import Panel
from domain.refusals import Code, Refused
from projections.conversation import FOR_PEOPLE, Message
from projections.text import Part, parts_of

_FARTHEST = 2**30
# Pieces of a message: whoever takes it apart more often is read as it was written.
_MOST_PIECES = 100


class Piece(NamedTuple):
    """A piece of a message: its author's words, or as many lines as are `quoted`."""

    text: str
    quoted: int


class ShownMessage(NamedTuple):
    """A message, taken apart into its author's words and what they quote."""

    message: Message
    pieces: list[Piece]


class Talk(NamedTuple):
    """Some messages, oldest first, and the cursor of those before them."""

    messages: list[ShownMessage]
    earlier: str = ""


async def talk_of(panel: Panel, ticket: str, cursor: str, message: str, offset: str) -> Talk:
    """Read some messages, or one alone from an offset on.

    Refuses with `invalid_arguments` a message that there is not, or no cursor of this ticket.
    """
    try:
        alone = UUID(message) if message else None
        start = min(max(int(offset or "0"), 0), _FARTHEST)
        page = await panel.services.views.get_ticket_messages(
            panel.caller,
            ticket,
            cursor=cursor or None,
            order="desc",
            include_quoted=True,
            room=FOR_PEOPLE,
            message_id=alone,
            offset=start,
        )
    except (ValueError, Refused) as error:
        if isinstance(error, Refused) and error.code is not Code.NOT_FOUND:
            raise
        raise Refused(
            Code.INVALID_ARGUMENTS, "There is no such message. These are those there are."
        ) from None
    shown = [ShownMessage(one, _pieces(parts_of(one.text))) for one in page.messages]
    return Talk(shown[::-1], page.next_cursor or "")


def _pieces(parts: list[Part]) -> list[Piece]:
    """Join the lines of parts; blank ones around a quote say nothing once it is folded."""
    pieces: list[Piece] = []
    for number, (lines, quoted) in enumerate(parts):
        if number == _MOST_PIECES:
            rest = [line for part in parts[number:] for line in part.lines]
            return [*pieces, Piece("\n".join(rest), 0)]
        text = "\n".join(lines)
        if len(parts) > 1:
            text = text.strip("\n")
        if text or quoted:
            pieces.append(Piece(text, len(lines) if quoted else 0))
    return pieces
