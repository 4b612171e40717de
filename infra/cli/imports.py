"""Imports on the command line."""

import click


@click.group("import", epilog="Example: deskledger import github-issues issues.jsonl.gz")
def imports() -> None:
    """Bring tickets in from elsewhere."""
