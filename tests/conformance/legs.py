"""Runs other people's suites and clients against ours, a leg at a time."""

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
from tests.conformance.oauth_legs import OAUTH_LEGS, helpdesk, oauth_leg
from tests.conformance.serve import Served, served
from tests.conformance.suite import read_checks, report, suite_command

HERE = Path(__file__).parent
REVISIONS = ("2026-07-28", "2025-11-25")
ERAS = ("modern", "legacy")
LEGS = (*REVISIONS, "inspector", *OAUTH_LEGS)
INSPECTOR = ("@modelcontextprotocol/inspector", "2.12.0")
LEG_SECONDS = 120


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
        ran = run(suite_command("server", "--url", url, *options, *baseline))
        checks = read_checks(Path(results))
    said = ran.stdout.partition("\nTotal:")[2] + ran.stderr
    return report(revision, checks, said, as_expected=ran.returncode == 0)


def inspector_leg(target: Served, era: str) -> bool:
    """List the tools as the Inspector's clients would, and print whether any host could use them."""
    connect = ["--transport", "http", "--protocol-era", era, "--stored-auth-only"]
    bearer = ["--header", f"Authorization: Bearer {target.token}"]
    ask = ["--method", "tools/list", "--strict", "--format", "json", "-q"]
    with tempfile.TemporaryDirectory() as home:  # where it keeps its storage
        script = package(*INSPECTOR) / "clients/launcher/build/index.js"
        command = [node(), str(script), "--cli", target.url, *connect, *bearer, *ask]
        ran = run(command, HOME=home)
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


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of a package to its end."""
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
            yield Served(demo.url, demo.token)


def stop(_signal: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that the server and a running leg end too."""
    raise KeyboardInterrupt


@click.command()
@click.argument("legs", nargs=-1, type=click.Choice(LEGS))
def main(legs: tuple[str, ...]) -> None:
    """Run the LEGS, or all of them.

    The Inspector reads the helpdesk at DESKLEDGER_URL with DESKLEDGER_TOKEN where these are set,
    else a demo served for it. Example: ./run conformance 2025-11-25
    """
    signal.signal(signal.SIGTERM, stop)
    wanted = legs or LEGS
    outcomes: list[bool] = []
    try:
        if not set(REVISIONS).isdisjoint(wanted):
            with served() as fixture:
                outcomes += [
                    conformance_leg(fixture.url, leg) for leg in REVISIONS if leg in wanted
                ]
        if "inspector" in wanted:
            with inspected() as target:
                outcomes += [inspector_leg(target, era) for era in ERAS]
        if not set(OAUTH_LEGS).isdisjoint(wanted):
            with helpdesk() as desk:
                outcomes += [oauth_leg(desk, leg) for leg in OAUTH_LEGS if leg in wanted]
    except (NotInstalledError, OSError, RuntimeError) as trouble:
        raise click.ClickException(str(trouble)) from None
    sys.exit(0 if all(outcomes) else 1)


if __name__ == "__main__":
    main(prog_name="./run conformance")
