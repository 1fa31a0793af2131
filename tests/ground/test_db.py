"""The database: moments stay aware, writers take turns, rules hold on both engines."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, select

from core.audit import AuditEntry, record_audit
from core.clock import TAIPEI
from core.db import make_engine, once_more_after_deadlock, snapshot, transaction
from core.duty.tables import JobRun
from core.house import House, for_callers
from core.people.tables import Card, WebSession
from core.postgres import NETWORK

MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=TAIPEI)


def test_moment_comes_back_aware_and_the_same(house: House) -> None:
    with transaction(house.engine) as session:
        record_audit(session, actor="a", action="b", subject="c", now=MORNING)
    with snapshot(house.engine) as session:
        entry = session.exec(select(AuditEntry)).one()
    assert entry.at == MORNING
    assert entry.at.tzinfo is UTC


def test_naive_moment_is_refused(house: House) -> None:
    with pytest.raises(StatementError, match="naive"), transaction(house.engine) as session:
        record_audit(session, actor="a", action="b", subject="c", now=MORNING.replace(tzinfo=None))


def test_clear_text_in_a_sealed_column_is_refused(house: House) -> None:
    row = WebSession(
        token_hash="t",
        line_user_id="U",
        line_name_sealed="林雅婷",
        created_at=MORNING,
        seen_at=MORNING,
    )
    with pytest.raises(StatementError, match="clear text"), transaction(house.engine) as session:
        session.add(row)


def test_file_of_names_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "gate.db"
    with transaction(make_engine(f"sqlite:///{file}")) as session:
        session.execute(text("CREATE TABLE one (id INTEGER)"))
        made = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert made == dict.fromkeys(("gate.db", "gate.db-wal", "gate.db-shm"), 0o600)


def test_failed_use_case_leaves_nothing(house: House) -> None:
    with pytest.raises(RuntimeError), transaction(house.engine) as session:
        record_audit(session, actor="a", action="b", subject="c", now=MORNING)
        session.flush()
        raise RuntimeError
    with snapshot(house.engine) as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_connection_that_died_at_rest_is_replaced_unnoticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    if house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no server that could leave")
    # Only one in the pool: the dead one is the next that is taken.
    house.engine.dispose()
    with snapshot(house.engine) as session:
        first = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = make_engine(house.settings.database_url)
    with snapshot(other) as session:
        session.execute(text("SELECT pg_terminate_backend(:pid, 1000)"), {"pid": first})
    other.dispose()
    monkeypatch.setattr("core.postgres.FRESH_SECONDS", 0)
    with transaction(house.engine) as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != first


def test_foreign_keys_hold(house: House) -> None:
    with pytest.raises(IntegrityError), transaction(house.engine) as session:
        session.add(Card(uid="0411223344AABB", student_id=uuid4(), valid_from=MORNING))


def _add_one(session: Session) -> None:
    run = session.get_one(JobRun, ("count", "x"), with_for_update=True)
    run.count += 1


def test_writers_side_by_side_lose_no_update(house: House) -> None:
    with transaction(house.engine) as session:
        session.add(JobRun(job="count", slot="x", outcome="", ran_at=MORNING, count=0))

    def work() -> None:
        for _ in range(5):
            with transaction(house.engine) as session:
                _add_one(session)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with snapshot(house.engine) as session:
        assert session.get_one(JobRun, ("count", "x")).count == 40


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writers_of_a_process_queue_before_they_ask_sqlite(house: House) -> None:
    begun: list[int] = []
    event.listen(
        house.engine, "begin", lambda _connection: begun.append(threading.get_ident()), insert=True
    )

    all_here = threading.Barrier(4)

    def write() -> None:
        all_here.wait()
        with transaction(house.engine) as session:
            session.execute(text("SELECT 1"))

    with ThreadPoolExecutor(3) as hands:
        with transaction(house.engine) as session:
            session.execute(text("SELECT 1"))
            waiting = [hands.submit(write) for _ in range(3)]
            all_here.wait()
            for _ in range(500):
                session.execute(text("SELECT 1"))
            assert begun == [threading.get_ident()], "nobody disturbs who writes"
        for one in waiting:
            one.result(timeout=30)
    assert len(begun) == 4


def test_reader_does_not_wait_for_a_writer(house: House) -> None:
    with transaction(house.engine) as writing:
        record_audit(writing, actor="a", action="b", subject="c", now=MORNING)
        writing.flush()
        with snapshot(house.engine) as reading:
            assert reading.exec(select(AuditEntry)).all() == []


def test_sqlite_is_durable_and_checks_foreign_keys(house: House) -> None:
    if house.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's own switches")
    with snapshot(house.engine) as session:
        switches = [
            session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert switches == ["wal", 2, 1]


def test_exception_of_the_database_hides_personal_data(house: House) -> None:
    with pytest.raises(IntegrityError) as refused, transaction(house.engine) as session:
        session.add(Card(uid="0411223344AABB", student_id=uuid4(), valid_from=MORNING))
    assert "0411223344AABB" not in str(refused.value)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_that_hold_each_other_up_both_come_through(house: House) -> None:
    with transaction(house.engine) as session:
        for slot in "ab":
            session.add(JobRun(job="knot", slot=slot, outcome="", ran_at=MORNING))
    met, tries = threading.Barrier(2), []

    def tie(slots: str) -> None:
        tries.append(slots)
        with transaction(house.engine) as session:
            for slot in slots:
                bump = text("UPDATE job_run SET count = count + 1 WHERE job = 'knot' AND slot = :s")
                session.execute(bump, {"s": slot})
                if slot == slots[0] and tries.count(slots) == 1:
                    met.wait()

    workers = [
        threading.Thread(target=once_more_after_deadlock, args=[partial(tie, slots)])
        for slots in ("ab", "ba")
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    # Whoever begins anew may be quicker than the other wakes, and tie the knot once more.
    assert len(tries) >= 3, "one was ended and began anew"
    with snapshot(house.engine) as session:
        counts = session.scalars(select(JobRun.count).where(JobRun.job == "knot")).all()
    assert counts == [2, 2]


def test_dead_network_is_noticed_unless_the_address_says_otherwise() -> None:
    plain = make_engine("postgresql+psycopg://gate@db.example/gate")
    assert plain.url.query["tcp_user_timeout"] == "10000"
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} < set(plain.url.query)
    own = make_engine("postgresql+psycopg://gate@db.example/gate?tcp_user_timeout=2000")
    assert own.url.query["tcp_user_timeout"] == "2000"
    assert own.url.query["connect_timeout"] == "5"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connection_is_opened_with_all_of_it(house: House) -> None:
    _, given = house.engine.dialect.create_connect_args(house.engine.url)
    assert NETWORK.items() <= given.items(), "and so is whoever listens beside the pool"
    with house.engine.connect() as connection:
        held = connection.connection.driver_connection.info.get_parameters()
    assert held["tcp_user_timeout"] == NETWORK["tcp_user_timeout"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_callers_have_less_patience_than_the_work_behind_them(house: House) -> None:
    waits = {}
    for one in (house, for_callers(house)):
        with one.engine.connect() as connection:
            shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in LIMITS]
        waits[one is house] = shown
        one.engine.dispose()
    # Whoever holds rows and went away is nobody's work: the same for all.
    assert waits == {True: ["10s", "1min", "10s"], False: ["1500ms", "20s", "10s"]}


LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writers_to_sqlite_take_turns_at_one_engine(house: House) -> None:
    assert for_callers(house) is house
