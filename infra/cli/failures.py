"""What goes wrong on the command line: one line each, with an exit code that scripts can tell."""

from enum import IntEnum
from typing import TypeVar

import click
import msgspec

from domain.decider import Command
from domain.ledger import Unavailable
from domain.refusals import Refused
from infra.settings import SettingsError


class Exit(IntEnum):
    """Exit codes besides 0; 130 is Ctrl-C."""

    REFUSED = 1
    USAGE = 2
    DATABASE = 3
    SCHEMA = 4
    PORT = 5
    FILE = 6


EPILOG = """\b
Example: deskledger serve --demo

\b
Exit codes:
  1    refused: the line on stderr says why
  2    wrong usage, or a setting that cannot be used
  3    the database cannot be reached or started
  4    the database's schema does not fit this program
  5    the port cannot be listened on
  6    the file cannot be imported
  130  interrupted by Ctrl-C
"""


class Failure(click.ClickException):
    """An end with one line on stderr and an exit code."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = code.value  # pyright: ignore[reportAttributeAccessIssue]  # meant to be set


C = TypeVar("C", bound=Command)


def command_of(kind: type[C], **given: object) -> C:
    """Make a command of what was typed; a value that cannot be one ends in `Failure`."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        field = place.partition("[")[0].rstrip("`")
        value = given.get(field)
        if field == "email":
            raise Failure(Exit.USAGE, f"{value!r} is no e-mail address") from None
        raise Failure(Exit.USAGE, f"the {field} cannot be {value!r}: {reason}") from None


def failure_of(error: Exception) -> Failure | None:
    """Return how an exception ends a command; None for click's own and for defects of ours."""
    match error:
        case Refused():
            return Failure(Exit.REFUSED, error.sentence)
        case SettingsError():
            return Failure(Exit.USAGE, str(error))
        case UnicodeEncodeError():
            return Failure(Exit.USAGE, "what was typed is no text in UTF-8")
        case Unavailable():
            return Failure(Exit.DATABASE, "the database does not answer")
        case click.ClickException() | click.exceptions.Exit() | click.Abort():
            return None
        case _:
            return _failure_of_rare(error)


def _failure_of_rare(error: Exception) -> Failure | None:
    """Return the same for exceptions of modules that take long to import."""
    import psycopg

    from infra.database import DatabaseError, reason
    from infra.importer.errors import ImportFileError
    from infra.migrations import MigrationError
    from infra.postgres.errors import EmbeddedPostgresError
    from infra.projector.fold import FoldError
    from infra.projector.log import Poisoned
    from infra.projector.rebuild import RebuildRunningError
    from infra.serve.listening import ListenError
    from infra.serve.running import ServerError

    match error:
        case DatabaseError() | EmbeddedPostgresError() | FoldError():
            return Failure(Exit.DATABASE, str(error))
        case MigrationError() | Poisoned():
            return Failure(Exit.SCHEMA, str(error))
        case ListenError():
            return Failure(Exit.PORT, str(error))
        case ImportFileError():
            return Failure(Exit.FILE, str(error))
        case RebuildRunningError() | ServerError():
            return Failure(Exit.REFUSED, str(error))
        case psycopg.Error():
            return Failure(Exit.DATABASE, f"the database refused: {reason(error)}")
        case _:
            return None
