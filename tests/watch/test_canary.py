"""The canary: from the reader's door to LINE's acceptance, and loud when it does not arrive."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import requests
from sqlalchemy import update
from sqlmodel import col, select
from werkzeug.serving import make_server

from app import assemble
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.delivery.sender import Sender
from core.duty.no_show_tick import run_no_show_tick
from core.duty.reader_tick import watch_readers
from core.errors import ConfigError, InputError
from core.gate.tables import Reader, Tap
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.roster import CANARY_SCHOOL, list_schools
from core.settings import load_settings
from core.watch.canary import EVERY, PATIENCE, CanaryState, canary_state, run_canary
from core.watch.canary_commands import make_canary
from core.watch.metrics import metrics_page
from tests.factories import HUA, MEI, make_guardian, make_school
from tests.fakes import fake_line
from tests.watch.conftest import Site, end_waiting

Go = Callable[..., Any]


@pytest.fixture
def served(house: House) -> Iterator[House]:
    """A house that hears readers at its own address and has a canary wish."""
    server = make_server("127.0.0.1", 0, assemble(house), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.005])
    thread.start()
    settings = load_settings(
        _env_file=None,
        base_url=f"http://127.0.0.1:{server.server_port}",
        canary_line_user_id=HUA,
    )
    yield replace(house, settings=settings)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def canary(served: House) -> House:
    with transaction(served.engine) as session:
        assert make_canary(session, served, served.clock.now())
    return served


def state(house: House) -> CanaryState:
    with snapshot(house.engine) as session:
        return canary_state(session, house.clock.now())


def notices(house: House) -> list[Notice]:
    with snapshot(house.engine) as session:
        return list(
            session.exec(select(Notice).order_by(col(Notice.created_at), col(Notice.dedupe_key)))
        )


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.message for one in caplog.records if one.name.startswith("core.")]


def test_canary_goes_in_and_out_every_five_minutes_and_each_is_news(canary: House, go: Go) -> None:
    for _ in range(4):
        run_canary(canary)
        end_waiting(canary)
        go(seconds=10)
        run_canary(canary)
        assert state(canary).problem is None
        go(minutes=4, seconds=50)
    told = [(one.kind, one.occurrence, one.line_user_id) for one in notices(canary)]
    assert told == [
        ("arrival", 1, HUA),
        ("departure", 1, HUA),
        ("arrival", 2, HUA),
        ("departure", 2, HUA),
    ]
    with snapshot(canary.engine) as session:
        assert {one.verdict for one in session.exec(select(Tap))} == {"accepted"}


def test_canary_goes_all_the_way_to_line(canary: House, go: Go) -> None:
    with fake_line() as line:
        run_canary(canary)
        settings = canary.settings.model_copy(update={"line_api_base": line.origin})
        assert Sender(replace(canary, settings=settings)).drain() == 1
    go(seconds=5)
    run_canary(canary)
    assert state(canary).problem is None
    assert [one["to"] for one in line.accepted.values()] == [HUA]


@pytest.mark.parametrize(
    ("outcome", "problem"), [("closure", None), ("on_demand", None), ("not_wanted", "not_accepted")]
)
def test_day_on_which_nobody_is_told_is_no_alarm(
    canary: House, go: Go, outcome: str, problem: str | None
) -> None:
    run_canary(canary)
    end_waiting(canary, NoticeState.CANCELLED, outcome=outcome)
    go(minutes=1)
    run_canary(canary)
    assert state(canary).problem == problem


def test_canary_goes_on_over_midnight(canary: House, go: Go) -> None:
    canary.clock.move_to(datetime(2026, 11, 23, 23, 57, tzinfo=TAIPEI))
    for _ in range(3):
        run_canary(canary)
        end_waiting(canary)
        go(seconds=10)
        run_canary(canary)
        assert state(canary).problem is None
        go(minutes=4, seconds=50)
    assert [one.kind for one in notices(canary)] == ["arrival", "arrival", "departure"]


def test_canary_that_is_not_accepted_alarms_within_a_minute_and_once(
    canary: House, go: Go, caplog: pytest.LogCaptureFixture
) -> None:
    run_canary(canary)
    go(seconds=50)
    run_canary(canary)
    assert ours(caplog) == []
    for _ in range(3):
        go(seconds=5)
        run_canary(canary)
    assert ours(caplog) == ["canary did not arrive"]
    assert state(canary).problem == "not_accepted"
    assert b"gate_canary_ok 0.0" in metrics_page(canary)


def test_late_acceptance_ends_the_alarm(canary: House, go: Go) -> None:
    run_canary(canary)
    go(minutes=2)
    run_canary(canary)
    end_waiting(canary)
    go(seconds=5)
    run_canary(canary)
    assert state(canary).problem is None
    assert b"gate_canary_ok 1.0" in metrics_page(canary)


def test_gate_that_does_not_answer_alarms_at_once(canary: House) -> None:
    settings = canary.settings.model_copy(update={"base_url": "http://127.0.0.1:1"})
    run_canary(replace(canary, settings=settings))
    assert state(canary).problem == "gate_no_answer"


class Late:
    """A way to the gate on which a request is given up, and comes all the same, later."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes, dict[str, str]]] = []

    def __enter__(self) -> "Late":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def post(self, url: str, data: bytes, headers: dict[str, str], **_: object) -> None:
        self.requests.append((url, data, headers))
        raise requests.Timeout


def test_tap_that_was_given_up_and_comes_late_is_no_second_device(
    canary: House, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Late()
    with monkeypatch.context() as patch:
        patch.setattr("core.watch.canary.direct_session", lambda: late)
        run_canary(canary)
    assert state(canary).problem == "gate_no_answer"
    go(minutes=5)
    run_canary(canary)
    ((url, body, headers),) = late.requests
    assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 200
    with snapshot(canary.engine) as session:
        assert [one.cloned_at for one in session.exec(select(Reader))] == [None, None]
        assert len(session.exec(select(Tap)).all()) == 2


def test_gate_that_refuses_alarms_at_once(canary: House, outside: Site) -> None:
    # A site that takes no taps: it answers 501 to what it does not know.
    settings = canary.settings.model_copy(update={"base_url": outside.origin})
    run_canary(replace(canary, settings=settings))
    assert state(canary).problem == "gate_http_501"


def test_canary_without_reader_is_not_set_up(canary: House) -> None:
    with transaction(canary.engine) as session:
        session.execute(update(Reader).values(revoked_at=canary.clock.now()))
    run_canary(canary)
    assert state(canary).problem == "not_set_up"


def test_clock_that_stands_still_is_noticed_by_the_others(canary: House, go: Go) -> None:
    run_canary(canary)
    end_waiting(canary)
    go(seconds=5)
    run_canary(canary)
    go(minutes=6)
    assert state(canary).problem == "overdue"


def test_two_clocks_tap_once(canary: House) -> None:
    run_canary(canary)
    run_canary(replace(canary))
    assert len(notices(canary)) == 1


def test_empty_setting_is_off(house: House) -> None:
    run_canary(house)
    assert state(house) == CanaryState("not_started", None, None)
    assert b"gate_canary" not in metrics_page(house)


def test_forgotten_set_up_is_said(served: House) -> None:
    run_canary(served)
    assert state(served).problem == "not_set_up"


def test_set_up_again_moves_the_account_and_makes_nothing_twice(canary: House) -> None:
    settings = canary.settings.model_copy(update={"canary_line_user_id": MEI})
    moved = replace(canary, settings=settings)
    with transaction(moved.engine) as session:
        assert not make_canary(session, moved, moved.clock.now())
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        assert len(children_of(session, guardian.id)) == 1
        assert find_guardian(session, HUA) is None


def test_account_of_a_guardian_is_refused(served: House) -> None:
    with transaction(served.engine) as session:
        make_guardian(session, served, HUA)
        with pytest.raises(InputError):
            make_canary(session, served, served.clock.now())


def test_school_of_the_canary_is_seen_by_no_school(canary: House, go: Go) -> None:
    with transaction(canary.engine) as session:
        make_school(session)
        assert [one.code for one in list_schools(session)] == ["353607"]
    run_canary(canary)
    end_waiting(canary, NoticeState.ACCEPTED)
    go(hours=2)
    run_no_show_tick(canary)
    watch_readers(canary)
    assert {one.kind for one in notices(canary)} == {"arrival"}
    page = metrics_page(canary).decode()
    assert CANARY_SCHOOL not in page
    assert "gate_taps 0.0" in page
    assert "gate_readers 0.0" in page


@pytest.mark.parametrize("user", ["mei", "U" + "A" * 32, "U" + "a" * 31])
def test_what_is_no_line_user_id_is_a_fault(user: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(_env_file=None, canary_line_user_id=user)
    assert [one.name for one in refused.value.faults] == ["CANARY_LINE_USER_ID"]


def test_interval_and_patience_find_a_stall_within_six_minutes() -> None:
    assert (EVERY + PATIENCE).total_seconds() <= 360
