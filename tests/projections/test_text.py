"""Foreign text: what is taken out of it, and how it is compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.text import Part, clean, excerpt, folded, parts_of, unquoted
from tests.strategies import unhurried


def test_control_characters_are_dropped_but_not_lines_and_tabs() -> None:
    assert clean("a\x00b\x07\tc\r\nd\re\x7f") == "ab\tc\nd\ne"


def test_characters_that_turn_or_hide_text_are_dropped() -> None:
    assert clean("safe\u202etxt.exe\u2069 \U000e0041\U000e0042\U000e0101!") == "safetxt.exe !"


def test_text_hidden_in_variation_selectors_is_dropped() -> None:
    hidden = "".join(chr(0xE0100 + ord(letter)) for letter in "obey")
    assert clean(f"é{hidden}!") == "é!"
    assert clean(f"Hello{hidden}") == "Hello"


def test_letters_of_any_script_and_joined_emoji_stay() -> None:
    for text in ("Příliš žluťoučký", "שלום עולם", "می‌خواهم", "👩‍🔧 ❤️", "日本語", "क्षि"):
        assert clean(text) == text


@unhurried
@given(st.text())
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_reply_without_quotes_has_nothing_to_hide() -> None:
    assert unquoted("It is > 5 and --- so on.\n  > indented") is None


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 3 Jan 2026 at 10:02, Kim <kim@customer.example> wrote:",
        "On Mon, 3 Jan 2026 at 10:02,\nKim <kim@customer.example> wrote:",
        "Am 03.01.2026 um 10:02 schrieb Kim:",
        "Le lun. 3 janv. 2026 à 10:02, Kim a écrit :",
    ],
)
def test_a_quote_is_hidden_with_the_line_that_introduces_it(attribution: str) -> None:
    text = f"Thanks!\n\n{attribution}\n> first\n>\n> second\nBye"
    lines = 3 + len(attribution.splitlines())
    assert unquoted(text) == f"Thanks!\n\n[{lines} quoted lines hidden]\nBye"


def test_everything_below_an_original_message_is_hidden() -> None:
    text = "See below.\n-----Original Message-----\nFrom: Kim\nHello"
    assert unquoted(text) == "See below.\n[3 quoted lines hidden]"


def test_a_message_is_taken_apart_without_losing_a_line() -> None:
    text = "Yes.\n\nOn Monday Kim wrote:\n> One\n> Two\nNo.\n---Original Message---\n> Three\nX"
    assert parts_of(text) == [
        Part(["Yes.", ""], quoted=False),
        Part(["On Monday Kim wrote:", "> One", "> Two"], quoted=True),
        Part(["No."], quoted=False),
        Part(["---Original Message---", "> Three", "X"], quoted=True),
    ]
    assert parts_of("") == [Part([""], quoted=False)]


@unhurried
@given(
    st.lists(st.sampled_from([">", "> x", "", "Am A schrieb B:", "---Original Message---", "y"]))
)
def test_whatever_a_message_says_its_parts_are_all_of_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    parts = parts_of(text)
    assert "\n".join("\n".join(part.lines) for part in parts).split() == text.split()
    assert any(part.quoted for part in parts) == (unquoted(text) is not None)


def test_answers_between_quotes_stay_where_they_are() -> None:
    assert unquoted("> one?\nYes.\n> two?\n> three?\nNo.") == (
        "[1 quoted line hidden]\nYes.\n[2 quoted lines hidden]\nNo."
    )


def test_case_and_accents_do_not_tell_words_apart() -> None:
    assert folded("ÜBER Café STRASSE") == folded("uber cafe straße")
    assert folded("한국어 が क्षि") == "한국어 が क्षि"


def test_an_excerpt_is_around_the_first_word_found() -> None:
    text = "It began well. " * 30 + "Then the battery\n\ndied. " + "We waited. " * 30
    found = excerpt(text, ["batteries"], 80)
    assert "the battery died" in found
    assert found.startswith("…")
    assert found.endswith("…")
    assert excerpt("short\ntext", ["text"], 80) == "short text"
    assert excerpt(text, [], 80).startswith("It began well.")
