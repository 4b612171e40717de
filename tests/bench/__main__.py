"""`python -m tests.bench`: measures the product beside what it is compared with, in the same run."""

import click

from tests.bench.appends import appends
from tests.bench.audit import audit
from tests.bench.calls import calls
from tests.bench.views import views


@click.group(context_settings={"max_content_width": 100})
def bench() -> None:
    """Measure; each command prints a markdown table. Ratios count: machines are noisy."""


bench.add_command(appends)
bench.add_command(audit)
bench.add_command(calls)
bench.add_command(views)

if __name__ == "__main__":
    bench(prog_name="python -m tests.bench")
