"""Columns arrive at PostgreSQL as the arrays they were made of."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.event_store.columns import Bigints, Blobs, Integers, Texts, Uuids, take_columns
from tests.event_store.log import Log
from tests.examples import examples

COLUMNS: dict[Any, st.SearchStrategy[Any]] = {
    Bigints: st.integers(-(2**63), 2**63 - 1),
    Integers: st.integers(-(2**31), 2**31 - 1),
    Blobs: st.binary(),
    Texts: st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    Uuids: st.uuids(),
}


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.tuples(*(st.lists(values, max_size=5) for values in COLUMNS.values())))
def test_a_column_arrives_as_it_was(log: Log, values: tuple[list[Any], ...]) -> None:
    take_columns(log.connection)
    columns = [column.of(held) for column, held in zip(COLUMNS, values, strict=True)]

    rows = log.connection.execute("SELECT %b, %b, %b, %b, %b", columns)

    assert rows.fetchone() == values
