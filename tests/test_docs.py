"""What the documents say is what the code declares."""

import re
from pathlib import Path

from infra.readme import README, written

ROOT = Path(__file__).parents[1]


def test_the_readme_is_as_its_declarations_want_it() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == written(text), "run: python -m infra.readme"


def test_every_link_to_a_file_leads_to_one() -> None:
    for page in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:\s]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_module_says_what_lives_there() -> None:
    for folder in ("domain", "projections", "mcp_server", "api", "infra", "tests"):
        for module in (ROOT / folder).rglob("*.py"):
            assert module.read_text(encoding="utf-8").startswith('"""'), module
