"""How many examples of a property are tried: a few, always the same, or many more at random."""

import os

from hypothesis import settings

# TEST_EXAMPLES=5, as in CI, tries five times as many, others in each run.
TIMES = int(os.environ.get("TEST_EXAMPLES", "1"))
PROFILE = "ours"

settings.register_profile(
    PROFILE,
    max_examples=50 * TIMES,
    deadline=None,  # a busy machine proves nothing
    database=None,
    derandomize=TIMES == 1,
)


def examples(few: int) -> int:
    return few * TIMES
