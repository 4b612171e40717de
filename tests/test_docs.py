"""What the documents say is what the code declares."""

import re
from pathlib import Path

import pytest

from infra.readme import PAGES, ROOT, written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_as_the_declarations_want_them(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == written(page), "run: python -m infra.readme"


def test_every_link_to_a_file_leads_to_one() -> None:
    for page in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:\s]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_module_says_what_lives_there() -> None:
    for folder in ("domain", "projections", "mcp_server", "api", "infra", "tests"):
        for module in (ROOT / folder).rglob("*.py"):
            assert module.read_text(encoding="utf-8").startswith('"""'), module
