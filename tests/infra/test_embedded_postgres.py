"""The embedded server under orderly ends, kills, crowds and awkward folders, with real processes."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from infra.postgres import placement
from infra.postgres.embedded import EmbeddedPostgres
from infra.postgres.errors import EmbeddedPostgresError
from tests.database import temporary_folder
from tests.infra.postgres_users import (
    PROC,
    SECONDS,
    answers,
    eventually,
    finish,
    kill,
    line,
    numbers,
    postmaster,
    processes,
    running,
    watchdogs,
    works,
    write,
)

START = """
import os, sys, time
from pathlib import Path
import psycopg
from infra.postgres.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.url(), flush=True)
"""
HOLD = f"{START}    sys.stdin.read()"
HOLD_WITH_A_FORK = f"{START}    os.fork()\n    sys.stdin.read()"
WRITE = f"""{START}
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE numbers (number int)")
        for number in range(1_000_000):
            connection.execute("INSERT INTO numbers VALUES (%s)", (number,))
            print(number, flush=True)
"""
# Where the tests run in the background, interrupts are ignored unless one asks for them.
ASK_WHEN_INTERRUPTED = f"""{START}
    import signal
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print("waiting", flush=True)
        time.sleep({SECONDS})
    except KeyboardInterrupt:
        with psycopg.connect(server.url()) as connection:
            print(connection.execute("SELECT 'still here'").fetchone()[0], flush=True)
"""

needs_proc = pytest.mark.skipif(not PROC.exists(), reason="finds processes in /proc")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files to another user")
needs_no_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def fresh() -> Iterator[Path]:
    """An empty data folder."""
    with temporary_folder() as empty:
        yield empty


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    with temporary_folder() as first:
        with EmbeddedPostgres(first):
            pass
        yield first


@pytest.fixture
def folder(fresh: Path, made: Path) -> Path:
    """A data folder in which a server has run before: making one anew takes half a second."""
    subprocess.run(["cp", "-a", made / "postgres", fresh], check=True)
    return fresh


def test_a_second_start_finds_the_rows_of_the_first(fresh: Path) -> None:
    with EmbeddedPostgres(fresh) as first:
        write(first.url(), 1)
        url = first.url()
    assert not answers(url)

    with EmbeddedPostgres(fresh) as second:
        assert numbers(second.url()) == [1]


def test_the_server_ends_with_a_killed_user_and_keeps_its_rows(folder: Path) -> None:
    with running(HOLD, folder) as process:
        url = line(process)
        write(url, 1)
        process.kill()
        assert eventually(lambda: not answers(url))

    with EmbeddedPostgres(folder) as again:
        assert numbers(again.url()) == [1]


def test_a_fork_of_a_killed_user_does_not_keep_the_server_up(folder: Path) -> None:
    with running(HOLD_WITH_A_FORK, folder) as process:
        url = line(process)
        process.kill()
        assert eventually(lambda: not answers(url))


@needs_proc
def test_no_committed_row_is_lost_when_everything_is_killed(folder: Path) -> None:
    with running(WRITE, folder) as process:
        line(process)
        acknowledged = [int(line(process)) for _ in range(200)]
        kill(postmaster(folder), *processes(folder))
        assert process.stdout
        acknowledged += map(int, process.stdout.read().split())

    with EmbeddedPostgres(folder) as again:
        # A last row may have been committed without the news getting out.
        assert numbers(again.url())[: len(acknowledged)] == acknowledged


@needs_proc
def test_a_stale_process_id_that_is_now_another_programs_does_not_prevent_a_start(
    folder: Path,
) -> None:
    with running(HOLD, folder) as process:
        write(line(process), 1)
        # The postmaster first: told of its users' end, it would leave in good order.
        kill(postmaster(folder), *processes(folder))
    pid_file = folder / "postgres/data/postmaster.pid"
    as_root = os.geteuid() == 0
    with subprocess.Popen(
        ["sleep", str(SECONDS)], user=pid_file.stat().st_uid if as_root else None
    ) as other:
        _, rest = pid_file.read_text().split("\n", 1)
        pid_file.write_text(f"{other.pid}\n{rest}")
        with EmbeddedPostgres(folder) as again:
            assert numbers(again.url()) == [1]
        other.kill()


def test_the_server_stays_up_until_its_last_user_ends(folder: Path) -> None:
    with running(HOLD, folder) as first:
        url = line(first)
        with running(HOLD, folder) as second, running(HOLD, folder) as third:
            assert line(second) == line(third) == url
            with psycopg.connect(url) as connection:
                finish(first)
                second.kill()
                second.wait(SECONDS)
                assert connection.execute("SELECT 1").fetchone() == (1,)
            finish(third)
            assert not answers(url)


def test_two_first_starts_at_once_share_one_server(fresh: Path) -> None:
    with running(HOLD, fresh) as first, running(HOLD, fresh) as second:
        url = line(first)
        assert line(second) == url
        finish(first)
        assert answers(url)
        finish(second)
        assert not answers(url)


def test_an_interrupt_of_the_terminal_ends_the_user_before_the_server(folder: Path) -> None:
    with running(ASK_WHEN_INTERRUPTED, folder) as process:
        url = line(process)
        assert line(process) == "waiting"
        os.killpg(process.pid, signal.SIGINT)
        assert line(process) == "still here"
        assert process.wait(SECONDS) == 0
        assert not answers(url)


@needs_proc
def test_a_start_replaces_a_killed_watchdog(folder: Path) -> None:
    with running(HOLD, folder) as process:
        url = line(process)
        (first,) = watchdogs(folder)
        kill(first)
        assert eventually(lambda: not watchdogs(folder))
        with EmbeddedPostgres(folder):
            (second,) = watchdogs(folder)
            assert second != first
        process.kill()
        assert eventually(lambda: not answers(url))


def test_a_second_start_revives_a_killed_server_after_its_last_orphan(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server, closing(psycopg.connect(server.url())) as orphan:
        write(server.url(), 1)
        orphan.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 3000000)")
        kill(postmaster(folder))
        assert eventually(lambda: not answers(server.url()))
        assert works(orphan)
        assert numbers(server.start()) == [1]
        assert not works(orphan)
        url = server.url()
    assert not answers(url)


@needs_proc
def test_a_half_made_cluster_is_not_taken_for_one(fresh: Path) -> None:
    with running(HOLD, fresh) as process:
        assert eventually(lambda: any(fresh.glob("postgres/new-*/base")))
        process.kill()
        kill(*processes(fresh))
    assert not (fresh / "postgres/data").exists()

    with EmbeddedPostgres(fresh, durable=False) as server:
        write(server.url(), 1)
    assert not any(fresh.glob("postgres/new-*"))


def test_servers_in_awkward_folders_work_beside_each_other(fresh: Path) -> None:
    names = ["with a space", "quotes ' and \" and $HOME, a comma", "long" * 50]
    with ExitStack() as stack:
        urls = [
            stack.enter_context(EmbeddedPostgres(fresh / name, durable=False)).url()
            for name in names
        ]
        for number, url in enumerate(urls):
            write(url, number)
        assert [numbers(url) for url in urls] == [[0], [1], [2]]


def test_a_folder_that_cannot_be_made_gives_one_sentence(fresh: Path) -> None:
    (fresh / "file").touch()
    sentence = r"^No database can run in .*: Not a directory\.$"
    with pytest.raises(EmbeddedPostgresError, match=sentence):
        EmbeddedPostgres(fresh / "file" / "data").start()


@needs_no_root
def test_an_unwritable_folder_gives_one_sentence(fresh: Path) -> None:
    fresh.chmod(0o500)
    sentence = r"^No database can run in .*: Permission denied\.$"
    with pytest.raises(EmbeddedPostgresError, match=sentence):
        EmbeddedPostgres(fresh).start()


def test_data_of_an_unknown_version_is_left_alone(fresh: Path) -> None:
    version = fresh / "postgres/data/PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("14\n")
    with pytest.raises(EmbeddedPostgresError, match="PostgreSQL 14, which made the data folder"):
        EmbeddedPostgres(fresh).start()


@needs_root
def test_a_home_closed_to_others_stays_closed(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "SHARED", fresh / "shared")
    home = fresh / "home"
    home.mkdir(mode=0o700)
    with EmbeddedPostgres(home / "data", durable=False) as server:
        write(server.url(), 1)
    with EmbeddedPostgres(home / "data", durable=False) as server:
        assert numbers(server.url()) == [1]
    assert home.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_uid == 0
