"""All facts there are: from a stored topic to its class."""

from domain import (
    access_tokens,
    agent,
    budget,
    call,
    claim,
    clients,
    consent,
    department,
    password,
    role,
    session,
    setup,
    thresholds,
)
from domain.fact import Fact
from domain.ticket import facts as ticket

FACTS: dict[str, type[Fact]] = {
    fact.topic: fact
    for fact in (
        *ticket.FACTS,
        *agent.FACTS,
        *department.FACTS,
        *access_tokens.FACTS,
        *budget.FACTS,
        *call.FACTS,
        *claim.FACTS,
        *role.FACTS,
        *password.FACTS,
        *session.FACTS,
        *consent.FACTS,
        *clients.FACTS,
        *setup.FACTS,
        *thresholds.FACTS,
    )
}
