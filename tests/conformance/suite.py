"""The MCP conformance suite: where it is, and what it says it has checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from tests.conformance.node import node, package

SUITE = ("@modelcontextprotocol/conformance", "0.2.0-alpha.12")


class Check(msgspec.Struct, rename="camel"):
    """One line of the suite's checks.json."""

    id: str
    status: str
    error_message: str = ""


class Checked(NamedTuple):
    """A check, with the scenario that it is of."""

    scenario: str
    check: Check


def suite_command(*arguments: str) -> list[str]:
    """Return how to run the suite. Raises `NotInstalledError`."""
    return [node(), str(package(*SUITE) / "dist" / "index.js"), *arguments]


def read_checks(results: Path) -> list[Checked]:
    """Return what the suite wrote down in its output folder."""
    return [
        Checked(scenario.parent.name, check)
        for scenario in sorted(results.glob("*/checks.json"))
        for check in msgspec.json.decode(scenario.read_bytes(), type=list[Check])
    ]


def report(leg: str, checks: Sequence[Checked], said: str, *, as_expected: bool) -> bool:
    """Print how a leg went, with all that failed where that was not expected."""
    passed, failed, warned = (
        sum(check.status == status for _, check in checks)
        for status in ("SUCCESS", "FAILURE", "WARNING")
    )
    expected = as_expected and passed > 0
    if not expected:
        for scenario, check in checks:
            if check.status in {"FAILURE", "WARNING"}:
                click.echo(f"  {scenario} {check.id}: {check.error_message or check.status}")
        click.echo(said)
    click.echo(
        f"conformance {leg}: {passed} of {passed + failed} checks passed, "
        f"{failed} failures and {warned} warnings, {'' if expected else 'NOT '}as expected"
    )
    return expected
