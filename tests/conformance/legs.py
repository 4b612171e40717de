"""Runs the MCP conformance suite and the Inspector against our mount, a leg at a time."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import msgspec

from tests.conformance.demo import served_demo
from tests.conformance.node import NotInstalledError, node, package
from tests.conformance.serve import Served, served

HERE = Path(__file__).parent
REVISIONS = ("2026-07-28", "2025-11-25")
ERAS = ("modern", "legacy")
SUITE = ("@modelcontextprotocol/conformance", "0.2.0-alpha.12")
INSPECTOR = ("@modelcontextprotocol/inspector", "2.12.0")
LEG_SECONDS = 120


class Check(msgspec.Struct, rename="camel"):
    """One line of the suite's checks.json."""

    id: str
    status: str
    error_message: str = ""


class ListedTools(msgspec.Struct):
    tools: list[msgspec.Raw]


class Listing(msgspec.Struct):
    """What the Inspector prints for tools/list."""

    result: ListedTools


def conformance_leg(url: str, revision: str) -> bool:
    """Check one protocol revision, print how it went, and say whether it went as expected."""
    with tempfile.TemporaryDirectory() as results:
        options = ["--suite", "all", "--spec-version", revision, "--output-dir", results]
        baseline = ["--expected-failures", str(HERE / f"baseline-{revision}.yml")]
        ran = run_package(SUITE, "dist/index.js", "server", "--url", url, *options, *baseline)
        checks = [
            (scenario.parent.name, check)
            for scenario in sorted(Path(results).glob("*/checks.json"))
            for check in msgspec.json.decode(scenario.read_bytes(), type=list[Check])
        ]
    passed, failed, warned = (
        sum(check.status == status for _, check in checks)
        for status in ("SUCCESS", "FAILURE", "WARNING")
    )
    expected = ran.returncode == 0 and passed > 0
    if not expected:
        for scenario, check in checks:
            if check.status in {"FAILURE", "WARNING"}:
                click.echo(f"  {scenario} {check.id}: {check.error_message or check.status}")
        click.echo(ran.stdout.partition("\nTotal:")[2] + ran.stderr)
    click.echo(
        f"conformance {revision}: {passed} of {passed + failed} checks passed, "
        f"{failed} failures and {warned} warnings, {'' if expected else 'NOT '}as expected"
    )
    return expected


def inspector_leg(target: Served, era: str) -> bool:
    """List the tools as the Inspector's clients would, and print whether any host could use them."""
    connect = ["--transport", "http", "--protocol-era", era, "--stored-auth-only"]
    bearer = ["--header", f"Authorization: Bearer {target.token}"]
    ask = ["--method", "tools/list", "--strict", "--format", "json", "-q"]
    with tempfile.TemporaryDirectory() as home:  # where it keeps its storage
        script = "clients/launcher/build/index.js"
        ran = run_package(
            INSPECTOR, script, "--cli", target.url, *connect, *bearer, *ask, HOME=home
        )
    try:
        listed = len(msgspec.json.decode(ran.stdout, type=Listing).result.tools)
    except msgspec.MsgspecError:
        listed = 0
    portable = ran.returncode == 0 and listed > 0
    if not portable:
        click.echo((ran.stderr or ran.stdout).strip())
    outcome = "all portable" if portable else f"FAILED with exit code {ran.returncode}"
    click.echo(f"inspector {era}: {listed} tools listed from {target.url}, {outcome}")
    return portable


def run_package(
    of: tuple[str, str], script: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of an npm package to its end. Raises NotInstalledError."""
    command = [node(), str(package(*of) / script), *arguments]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=LEG_SECONDS,
            env={**os.environ, **environment},
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"No end after {LEG_SECONDS} seconds")


@contextmanager
def inspected() -> Generator[Served]:
    """Give the served helpdesk that the environment names, else a demo of our own."""
    url, token = os.environ.get("DESKLEDGER_URL"), os.environ.get("DESKLEDGER_TOKEN")
    if url and token:
        yield Served(url, token)
    elif url or token:
        raise click.ClickException("DESKLEDGER_URL and DESKLEDGER_TOKEN are needed together")
    else:
        with served_demo() as demo:
            yield demo


def stop(_signal: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that the server and a running leg end too."""
    raise KeyboardInterrupt


@click.command()
@click.argument("legs", nargs=-1, type=click.Choice([*REVISIONS, "inspector"]))
def main(legs: tuple[str, ...]) -> None:
    """Run the LEGS, or all of them.

    The Inspector reads the helpdesk at DESKLEDGER_URL with DESKLEDGER_TOKEN where these are set,
    else a demo served for it. Example: ./run conformance 2025-11-25
    """
    signal.signal(signal.SIGTERM, stop)
    wanted = legs or (*REVISIONS, "inspector")
    try:
        with served() as fixture:
            outcomes = [conformance_leg(fixture.url, leg) for leg in REVISIONS if leg in wanted]
        if "inspector" in wanted:
            with inspected() as target:
                outcomes += [inspector_leg(target, era) for era in ERAS]
    except (NotInstalledError, OSError, RuntimeError) as trouble:
        raise click.ClickException(str(trouble)) from None
    sys.exit(0 if all(outcomes) else 1)


if __name__ == "__main__":
    main(prog_name="./run conformance")
