"""Writes the golden files of facts that have none: `python -m tests.events`."""

import msgspec

from domain.facts import FACTS
from tests.events.golden import DEFAULTS, defaults, first_file, pretty, recorded_defaults, sample


def main() -> None:
    for topic, fact in FACTS.items():
        file = first_file(topic)
        if not file.exists():
            file.write_text(sample(fact), encoding="utf-8")
            print(f"wrote {file.name}")  # noqa: T201 - a command says what it did
    recorded = recorded_defaults()
    known = {name: {**fields, **recorded.get(name, {})} for name, fields in defaults().items()}
    DEFAULTS.write_text(pretty(msgspec.json.encode(known, order="sorted")), encoding="utf-8")


if __name__ == "__main__":
    main()
