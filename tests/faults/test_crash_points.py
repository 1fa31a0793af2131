"""A program killed at each COMMIT, push, question and answer loses nothing and repeats nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, update
from sqlmodel import col, select

from core.db import snapshot, transaction
from core.delivery.tables import ChannelToken, DeliveryDay, QuotaMonth
from core.duty.tables import JobRun
from core.watch.reconcile import DONE, JOB
from tests.faults.crashing import ANSWERS, ASKS, COMMITS, LOOKING, PUSHES
from tests.faults.line import COUNT_PATH, QUOTA_PATH, RATE, USAGE_PATH, Trouble, TroubledLine
from tests.faults.sweeping import Errand, sweep
from tests.faults.town import Child, Town

# What else has to run where the one that dies is one of several.
PARTS = {
    "sqlite": {"sender": ("serve", []), "clock": ("serve", [])},
    "postgresql": {"sender": ("worker", ["web"]), "clock": ("clock", ["web", "worker"])},
}
FETCHES = {"LINE_CHANNEL_ID": "2000000001"}
pytestmark = [pytest.mark.flow, pytest.mark.timeout(600), pytest.mark.xdist_group("faults")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_serve_dies_at_every_point_and_each_tap_is_told_once(town: Town) -> None:
    points = COMMITS + PUSHES + ANSWERS
    died_at = sweep(town, town.gate(), lambda: town.start("serve"), points)
    assert set(died_at) == set(points)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_worker_dies_at_every_point_and_each_tap_is_told_once(town: Town) -> None:
    web = town.start("web", "--workers", "1")
    try:
        points = sweep(town, town.gate(), lambda: town.start("worker"), COMMITS + PUSHES)
    finally:
        web.kill()
    assert set(points) == {*COMMITS, *PUSHES}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_web_dies_at_every_commit_and_answer_and_each_tap_is_told_once(town: Town) -> None:
    worker, gate = town.start("worker"), town.gate()
    try:
        web = ("web", "--workers", "1")
        points = sweep(town, gate, lambda: town.start(*web), COMMITS + ANSWERS)
    finally:
        worker.kill()
    assert set(points) == {*COMMITS, *ANSWERS}
    assert "duplicate" in gate.statuses, "a tap stored before the answer was lost came again"


@contextmanager
def others(town: Town, names: Sequence[str]) -> Iterator[None]:
    """Run the programs that live on while another one dies."""
    programs = [town.start(name, changed=FETCHES) for name in names]
    try:
        yield
    finally:
        for program in programs:
            program.kill()


def test_sender_dies_at_every_question_to_line_and_each_tap_is_told_once(
    town: Town, line: TroubledLine
) -> None:
    line.checks_tokens, line.quota = True, 10_000

    def refuse_token_and_push(_children: Sequence[Child]) -> None:
        line.revoke()
        line.troubles = [Trouble(429, text=RATE)]

    name, beside = PARTS[town.house.engine.dialect.name]["sender"]
    with others(town, beside):
        start = partial(town.start, name, changed=FETCHES)
        points = sweep(town, town.gate(), start, ASKS, errand=Errand(refuse_token_and_push))
    # Of a token, of the quota and of what is used of it.
    assert min(points.count(point) for point in ASKS) >= 3
    assert line.grants >= len(points) + len(ASKS), "a token in each run"
    # At the least where the token's question was struck, and where none was.
    assert min(line.asked[QUOTA_PATH], line.asked[USAGE_PATH]) >= 2 * len(ASKS)


def test_clock_dies_at_every_question_to_line_and_each_tap_is_told_once(
    town: Town, line: TroubledLine
) -> None:
    line.checks_tokens, line.quota = True, 10_000
    name, beside = PARTS[town.house.engine.dialect.name]["clock"]
    with others(town, beside):
        start = partial(town.start, name, changed={**FETCHES, LOOKING: "yes"})
        errand = Errand(
            lambda _children: forget_what_line_said(town), partial(knows_what_line_says, town)
        )
        points = sweep(town, town.gate(), start, ASKS, errand=errand)
    # Of the quota, of what is used of it and of the day before; of a token if nobody did before.
    assert min(points.count(point) for point in ASKS) >= 3
    asked = [line.asked[path] for path in (QUOTA_PATH, USAGE_PATH, COUNT_PATH)]
    assert min(line.grants, *asked) >= 2 * len(ASKS)


def forget_what_line_said(town: Town) -> None:
    """Take the numbers away, and leave the token a minute."""
    with transaction(town.house.engine) as session:
        for table in (QuotaMonth, DeliveryDay):
            session.execute(delete(table))
        session.execute(delete(JobRun).where(col(JobRun.job) == JOB))
        session.execute(update(ChannelToken).values(expires_at=town.now() + timedelta(minutes=1)))


def knows_what_line_says(town: Town) -> bool:
    """Tell whether the quota and the count of the day before are in."""
    with snapshot(town.house.engine) as session:
        counted = session.exec(select(JobRun.outcome).where(JobRun.job == JOB)).all()
        return counted == [DONE] and session.exec(select(QuotaMonth)).first() is not None
