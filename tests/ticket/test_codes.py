"""Human ticket codes."""

import itertools
import math
import re

from hypothesis import given
from hypothesis import strategies as st

from domain.ticket.words import code_of
from tests.strategies import unhurried

CODES = 24**3 * 100_000
NUMBERS = st.integers(0, CODES - 1)


def test_a_number_keeps_its_code_for_ever() -> None:
    """Else the next ticket could get the code of an old one."""
    assert [code_of(number) for number in (1, 2, 1_000_000)] == [
        "ZQM-75634",
        "SRW-27287",
        "UWP-23981",
    ]


def test_the_first_hundred_thousand_codes_are_all_different() -> None:
    codes = {code_of(number) for number in range(1, 100_001)}
    assert len(codes) == 100_000
    assert all(re.fullmatch(r"[A-HJ-NP-Z]{3}-\d{5}", code) for code in codes)


@unhurried
@given(NUMBERS, NUMBERS)
def test_codes_are_alike_only_where_numbers_are(one: int, other: int) -> None:
    assert (code_of(one) == code_of(other)) == (one == other)


def test_no_code_comes_again_before_all_were_used() -> None:
    """Neighbours are one step apart, round a circle of all codes that the step divides nowhere."""
    places = [place(code_of(number)) for number in range(1_000)]
    steps = {(after - before) % CODES for before, after in itertools.pairwise(places)}
    assert len(steps) == 1
    assert math.gcd(steps.pop(), CODES) == 1
    assert code_of(CODES + 5) == code_of(5)


def place(code: str) -> int:
    letters, digits = code.split("-")
    number = 0
    for letter in letters:
        number = number * 24 + "ABCDEFGHJKLMNPQRSTUVWXYZ".index(letter)
    return number * 100_000 + int(digits)
