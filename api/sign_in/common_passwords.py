"""Which passwords are tried first by whoever guesses: common words, rows of keys, repetitions."""

import itertools
import re

# Those of lists of leaked passwords that, with digits or signs around them, get long enough.
_WORDS = """
abc access admin administrator alexander amanda america andrea angel anthony apple arsenal austin
babygirl banana barcelona baseball basketball batman beautiful benjamin bitcoin butterfly cameron
carolina changeit changeme charlie cheese chelsea chocolate christian christina christopher
computer cookie correcthorse correcthorsebatterystaple cowboys dallas daniel danielle default demo
diamond dolphin dragon elephant elizabeth evergreen everton family ferrari firebird flower
football forever freedom friends gabriel gandalf george ginger google guest hallo hannah harley
hello helloworld hockey hunter iloveyou iloveyoubaby iloveyousomuch internet jackson jasmine
jennifer jessica jonathan jordan joshua justin killer kimberly knights lakers letmein letmeinnow
letmeinplease linkedin liverpool login london lovely loveme madison manchester marlboro martin
master matrix matthew maverick melissa mercedes merlin metallica michael michelle mickey microsoft
monkey motdepasse motorola mustang mynameis mypassword mysecret natasha newyork nicholas nicole
nintendo nothing oracle pass passcode passphrase passport passw password passwords passwort
patricia patrick pepper phoenix pokemon porsche princess pumpkin purple qazwsx qwert qwerty
qwertyuiop raiders rainbow rangers rebecca richard robert root samantha samsung scooter sebastian
secret secretpassword security server service shadow shannon silver snoopy soccer softball
spiderman spring starwars steelers stephanie strawberry summer sunshine superman superstar support
sweetheart sysadmin system temp temporary test tester testing thailand thomas thunder tigger
tinkerbell toor trustno twilight unknown user username valentina vanessa veronica victoria victory
volleyball welcome whatever wilson winner winter wizard wordpass yamaha zaq
"""
_OURS = "deskledger desk ledger helpdesk ticket tickets"
_ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1q2w3e4r5t6z7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujmikolp",
    "147258369",
    "!@#$%^&*()",
    '!"§$%&/()=',
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
)
_STEPS = frozenset(
    step
    for row in _ROWS
    for one, other in itertools.pairwise(row)
    for step in (one + other, other + one)
)
# What is written for letters to look like more; an i and an l are one, as a 1 may be either.
_LETTERS = str.maketrans("013457@$!i", "oleastasll")
_COMMON = frozenset(word.translate(_LETTERS) for word in f"{_WORDS} {_OURS}".split())
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_MOST_ROWS = 3
_SHORT = 4


def is_common(password: str, *also: str) -> bool:
    """Whether a guesser would come to a password early; `also` are words that belong to its owner.

    Case, what stands around a word and how often it is repeated make no difference.
    """
    lowered = password.casefold()
    if _rows_in(lowered) <= _MOST_ROWS or len(_period(lowered)) <= _SHORT:
        return True
    words = _COMMON.union(_plain(_core(word.casefold())) for word in also) - {""}
    core = _core(lowered)
    return any(
        _period(text) in words for text in (_plain(lowered), _plain(core), _core(_plain(lowered)))
    )


def _rows_in(text: str) -> int:
    """Count the stretches of a text in which each key lies beside the one before, or is the same."""
    pairs = itertools.pairwise(text)
    return 1 + sum(one != other and one + other not in _STEPS for one, other in pairs)


def _core(text: str) -> str:
    """Take away the digits and signs around a word."""
    return _AROUND.sub("", _AROUND.sub("", text))


def _plain(text: str) -> str:
    return text.translate(_LETTERS)


def _period(text: str) -> str:
    """Return what a text is a repetition of, which may be itself."""
    return text[: (text + text).find(text, 1)]
