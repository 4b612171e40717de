"""The eventsourcing library's own cases for recorders, on the recorder over our append function."""

from collections.abc import Iterator

import pytest
from eventsourcing.tests import persistence as library

from infra.event_store.library import FunctionRecorder, LedgerApplication, environment_for
from tests.event_store.log import MAIN


class OnOurLog:
    """Gives the library's cases a recorder of ours."""

    @pytest.fixture(autouse=True)
    def _recorder(self, database: str) -> Iterator[None]:
        app = LedgerApplication(environment_for(database, MAIN.log))
        self.recorder = app.recorder
        yield
        app.close()

    def create_recorder(self) -> FunctionRecorder:
        assert isinstance(self.recorder, FunctionRecorder)
        return self.recorder


class TestApplicationRecorder(OnOurLog, library.ApplicationRecorderTestCase[FunctionRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(OnOurLog, library.NonInterleavingNotificationIDsBaseCase):
    pass
