"""Administration, as far as one's role goes: people, clients, the budget and the system."""

from api.pages.admin import (
    access,
    agent,
    agents,
    budget,
    clients,
    departments,
    entry,
    roles,
    system,
)

ENDPOINTS = (
    *access.ENDPOINTS,
    *agent.ENDPOINTS,
    *agents.ENDPOINTS,
    *budget.ENDPOINTS,
    *clients.ENDPOINTS,
    *departments.ENDPOINTS,
    *entry.ENDPOINTS,
    *roles.ENDPOINTS,
    *system.ENDPOINTS,
)
