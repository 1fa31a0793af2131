"""Mornings replayed: who comes, in which order, and that a seed repeats it."""

import time
from collections import Counter
from typing import Any

import pytest

from sandbox.gate.morning_plan import Deed, Step, plan_morning
from sandbox.sample import Sample, SampleReader, SampleStudent
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp

FAST = {"speed": 600, "minutes": 4, "seed": 7}
HERE = "353607"


def city(schools: int = 12, students: int = 50) -> Sample:
    """Return an invented city with two readers a school."""
    codes = [f"3536{number:02d}" for number in range(schools)]
    readers = [
        SampleReader(f"{code}-{gate}", "", code, "", gate) for code in codes for gate in "AB"
    ]
    children = [
        SampleStudent(f"{code}{seat:08d}", "", code, "", "", "", "", str(seat), "", "", "")
        for code in codes
        for seat in range(students)
    ]
    return Sample(tuple(readers), tuple(children))


def test_same_seed_is_the_same_morning_and_another_is_not() -> None:
    plans = [plan_morning(city(), seed=seed, minutes=40, mishaps=True) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_plan_runs_forward_and_ends_in_time() -> None:
    steps = plan_morning(city(), seed=3, minutes=40, mishaps=True)
    assert steps == sorted(steps)
    assert 0 <= steps[0].after.total_seconds() <= steps[-1].after.total_seconds() < 40 * 60 + 10


def test_each_school_misses_a_few_of_the_second_half() -> None:
    sample = city()
    came = {step.card_uid for step in plan_morning(sample, seed=3, minutes=40)}
    away = [one for one in sample.students if one.card_uid not in came]
    assert set(Counter(one.school_code for one in away).values()) == {2}
    assert min(int(one.seat_number) for one in away) >= 25


def test_children_use_the_gates_of_their_own_school() -> None:
    steps = plan_morning(city(), seed=3, minutes=40)
    assert all(step.card_uid.startswith(step.reader_id[:6]) for step in steps)


def test_school_comes_alike_alone_and_in_the_city() -> None:
    alone = plan_morning(city(), seed=3, minutes=40, school_code="353601")
    together = plan_morning(city(), seed=3, minutes=40)
    assert alone == [step for step in together if step.reader_id.startswith("353601")]


def test_mishaps_bring_what_a_service_must_hold() -> None:
    steps = plan_morning(city(), seed=3, minutes=40, mishaps=True)
    deeds = Counter(step.deed for step in steps)
    assert [deeds[one] for one in (Deed.LINE_CUT, Deed.LINE_BACK, Deed.CLOCK_SLOW)] == [1, 1, 1]
    cards = Counter(step.card_uid for step in steps if step.deed is Deed.TAP)
    assert max(cards.values()) == 2
    assert [card for card in cards if card.startswith("040000")] != []
    cut, back = (_first(steps, deed) for deed in (Deed.LINE_CUT, Deed.LINE_BACK))
    assert cut.reader_id == back.reader_id
    assert cut.after < back.after


def test_empty_city_has_an_empty_morning() -> None:
    assert plan_morning(Sample(), seed=1, minutes=40, mishaps=True) == []


def test_morning_brings_what_its_plan_says(sandbox: SandboxClient, app: FakeApp) -> None:
    plan = sandbox.get("/gate/panel/morning/plan?minutes=4&seed=7").json()
    assert start(sandbox).status_code == 202
    wait_until_over(sandbox)
    assert taps(app) == [(row["reader_id"], row["card_uid"]) for row in plan]
    assert len(plan) == 3


def test_replay_of_one_seed_sends_the_same_taps_again(sandbox: SandboxClient, app: FakeApp) -> None:
    runs = []
    for _ in range(2):
        app.reset()
        start(sandbox, mishaps=True)
        wait_until_over(sandbox)
        runs.append(sorted(taps(app)))
    assert runs[0] == runs[1]
    assert len(runs[0]) >= 4


def test_one_school_alone_can_have_a_morning(sandbox: SandboxClient, app: FakeApp) -> None:
    start(sandbox, school_code=HERE)
    wait_until_over(sandbox)
    assert {reader for reader, _ in taps(app)} == {f"reader-{HERE}"}


def test_progress_is_told_until_the_morning_is_over(sandbox: SandboxClient) -> None:
    before = morning(sandbox)
    start(sandbox, speed=1, minutes=10)
    during = morning(sandbox)
    sandbox.post("/gate/panel/morning/stop")
    after = morning(sandbox)
    assert before is None
    assert (during["running"], during["done"], during["total"]) == (True, 0, 3)
    assert (after["running"], after["done"]) == (False, 0)


def test_second_morning_is_refused_while_one_runs(sandbox: SandboxClient) -> None:
    start(sandbox, speed=1, minutes=10)
    assert start(sandbox).status_code == 409


def test_stopped_morning_sends_no_more(sandbox: SandboxClient, app: FakeApp) -> None:
    start(sandbox, speed=1, minutes=200)
    sandbox.post("/gate/panel/morning/stop")
    assert start(sandbox, school_code=HERE).status_code == 202
    wait_until_over(sandbox)
    assert len(taps(app)) == 2


def test_mishaps_end_with_the_morning(sandbox: SandboxClient) -> None:
    start(sandbox, mishaps=True)
    wait_until_over(sandbox)
    readers = sandbox.get("/phone/state").json()["gate"]["readers"]
    assert {(one["online"], one["clock"]["fault"], one["buffered"]) for one in readers} == {
        (True, "right", 0)
    }


def test_taps_nobody_took_stay_in_the_readers(sandbox: SandboxClient, app: FakeApp) -> None:
    app.gate_statuses = [500] * 20
    start(sandbox, school_code=HERE)
    wait_until_over(sandbox)
    readers = sandbox.get("/phone/state").json()["gate"]["readers"]
    here = next(one for one in readers if one["school_code"] == HERE)
    assert (here["buffered"], here["trouble"]) == (2, "服務沒有收下（500）")


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"speed": 0}, 400),
        ({"speed": 601}, 400),
        ({"speed": True}, 400),
        ({"minutes": 0}, 400),
        ({"seed": "seven"}, 400),
        ({"mishaps": 1}, 400),
        ({"school_code": "999999"}, 404),
    ],
)
def test_morning_that_makes_no_sense_is_refused(
    sandbox: SandboxClient, wish: dict[str, Any], status: int
) -> None:
    assert start(sandbox, **wish).status_code == status


def start(sandbox: SandboxClient, **wish: Any) -> Any:
    return sandbox.post("/gate/panel/morning", FAST | wish)


def morning(sandbox: SandboxClient) -> Any:
    return sandbox.get("/phone/state").json()["gate"]["morning"]


def wait_until_over(sandbox: SandboxClient) -> None:
    deadline = time.monotonic() + 60
    while morning(sandbox)["running"]:
        assert time.monotonic() < deadline, morning(sandbox)


def taps(app: FakeApp) -> list[tuple[str, str]]:
    return [
        (call.path.split("/")[4], tap["card_uid"])
        for call in app.matching("/taps")
        for tap in call.json()["taps"]
    ]


def _first(steps: list[Step], deed: Deed) -> Step:
    return next(step for step in steps if step.deed is deed)
