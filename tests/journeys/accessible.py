"""What a page owes to all senses, hands and sizes, as far as a machine can tell."""

from typing import Any, Literal, NamedTuple

from axe_playwright_python.base import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    AXE_SCRIPT,
    AxeResults,
)
from playwright.sync_api import Page

from tests.examples import TIMES

PHONE, DESK = (390, 844), (1280, 900)
# WCAG 2.2, 1.4.10: a page of text fits this without being moved sideways.
NARROWEST = (320, 640)
_RULES: dict[str, Any] = {"resultTypes": ["violations"]}


class _Look(NamedTuple):
    size: tuple[int, int]
    scheme: Literal["light", "dark"]


# Which of the four axe looks at, pages take in turn, since a look costs as much as opening the page.
# With TEST_EXAMPLES above 1, as in CI, each page is looked at in all.
_LOOKS = (
    _Look(DESK, "light"),
    _Look(PHONE, "dark"),
    _Look(PHONE, "light"),
    _Look(DESK, "dark"),
)
_UNFOLD = "for (const folded of document.querySelectorAll('details')) folded.open = true"
_SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
_STRUCTURE = """() => {
    const said = [];
    const heads = document.querySelectorAll("h1").length;
    if (heads !== 1) said.push(`${heads} h1`);
    if (!document.title.trim().endsWith("Deskledger")) said.push(`title: ${document.title}`);
    if (document.documentElement.lang !== "en") said.push("no lang");
    return said;
}"""
# Each thing that takes the focus has to look otherwise when it has it (WCAG 2.2, 2.4.7).
_UNFOCUSED = """() => {
    const marks = (one) => {
        const {outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor} =
            getComputedStyle(one);
        return [outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor].join();
    };
    const some = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const said = [];
    for (const one of document.querySelectorAll(some)) {
        if (!one.checkVisibility({visibilityProperty: true}) || one.disabled) continue;
        one.blur();
        const before = marks(one);
        one.focus({focusVisible: true, preventScroll: true});
        if (document.activeElement === one && marks(one) === before)
            said.push(`the focus is not seen on ${one.outerHTML.slice(0, 120)}`);
    }
    document.activeElement.blur();
    return said;
}"""


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with the page that is open, with all its foldings unfolded.

    It is looked at in light or dark, on a desk or a phone, or in all of these; it may be wider than
    its window on none of them, nor on the narrowest phone.
    """
    page.evaluate(_UNFOLD)
    faults = [str(fault) for fault in page.evaluate(_STRUCTURE)]
    page.evaluate(AXE_SCRIPT)  # once for all looks, as its own `run` would not
    turn = len(page.title()) % len(_LOOKS)
    looks = _LOOKS if TIMES > 1 else _LOOKS[turn : turn + 1]
    for size, scheme in looks:
        _resize(page, size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found: dict[str, Any] = page.evaluate("rules => axe.run(rules)", _RULES)
        if found["violations"]:
            report = AxeResults(found).generate_report()
            faults.append(f"{size[0]} px, {scheme}: {report}")
    faults += [str(fault) for fault in page.evaluate(_UNFOCUSED)]
    return [
        *faults,
        *(fault for size in (DESK, PHONE, NARROWEST) for fault in _sideways(page, size)),
    ]


def _resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def _sideways(page: Page, size: tuple[int, int]) -> list[str]:
    _resize(page, size)
    beyond: int = page.evaluate(_SIDEWAYS)
    return [f"{size[0]} px: {beyond} px more to the side"] if beyond > 0 else []
