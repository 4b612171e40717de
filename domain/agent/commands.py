"""What one may ask of an agent's account."""

from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from domain.decider import Command
from domain.permissions import Permission
from domain.role import RoleRef

AgentName = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+(?!\n)$", max_length=254)]


class OnAgent(Command, frozen=True):
    """A command for one agent's account; how far it reaches is the rules' to say."""

    permission: ClassVar[Permission] = Permission.AGENTS_MANAGE
    agent: UUID


class AddAgent(OnAgent, frozen=True):
    """Add somebody. The `first` owner of an account is added only while there is none.

    `with_password`, from inside the house only: a password's hash comes beside the command.
    """

    name: AgentName
    role: RoleRef
    departments: tuple[UUID, ...] = ()
    email: Email | None = None
    seat: bool = True
    first: bool = False
    with_password: bool = False


class RenameAgent(OnAgent, frozen=True):
    name: AgentName


class ChangeEmail(OnAgent, frozen=True):
    """Change the address that an agent signs in with; the old one is free again."""

    email: Email


class GiveSeat(OnAgent, frozen=True):
    """Give a seat to somebody known from an import."""

    email: Email


class ChangeRole(OnAgent, frozen=True):
    role: RoleRef


class ChangeDepartments(OnAgent, frozen=True):
    departments: tuple[UUID, ...]


class DeactivateAgent(OnAgent, frozen=True):
    """End all of somebody's access at once, and free the seat."""


class ReactivateAgent(OnAgent, frozen=True):
    """Take somebody back, with the seat."""


AgentCommand = (
    AddAgent
    | RenameAgent
    | ChangeEmail
    | GiveSeat
    | ChangeRole
    | ChangeDepartments
    | DeactivateAgent
    | ReactivateAgent
)
