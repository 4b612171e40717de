"""A hook of schemathesis: every other good request comes without conditions.

Its keys repeat themselves and its versions are made up, so that hardly anything would be done.
"""

from itertools import count
from typing import Any

import schemathesis

numbers = count()


@schemathesis.hook  # pyright: ignore[reportUnknownMemberType] - its types are half there
def before_call(_context: Any, case: Any, **_kwargs: Any) -> None:
    good = case.meta is None or case.meta.generation.mode.is_positive
    if good and case.headers and next(numbers) % 2:
        for name in ("Idempotency-Key", "If-Match"):
            case.headers.pop(name, None)
