"""Agents: who works here, in which role and departments, and whether they still do."""

from domain.agent.commands import (
    AddAgent,
    AgentCommand,
    ChangeDepartments,
    ChangeEmail,
    ChangeRole,
    DeactivateAgent,
    GiveSeat,
    ReactivateAgent,
    RenameAgent,
)
from domain.agent.facts import (
    FACTS,
    Added,
    AgentFact,
    Deactivated,
    DepartmentsChanged,
    EmailChanged,
    Reactivated,
    Renamed,
    RoleChanged,
    Seated,
)
from domain.agent.rules import AGENT, Agent

__all__ = [
    "AGENT",
    "FACTS",
    "AddAgent",
    "Added",
    "Agent",
    "AgentCommand",
    "AgentFact",
    "ChangeDepartments",
    "ChangeEmail",
    "ChangeRole",
    "DeactivateAgent",
    "Deactivated",
    "DepartmentsChanged",
    "EmailChanged",
    "GiveSeat",
    "ReactivateAgent",
    "Reactivated",
    "RenameAgent",
    "Renamed",
    "RoleChanged",
    "Seated",
]
