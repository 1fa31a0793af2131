"""A worker that sleeps past its lease finds its work done by another, and changes nothing."""

import signal

import pytest
from sqlmodel import select

from core.db import snapshot
from core.notices.tables import Notice
from tests.faults.line import TroubledLine
from tests.faults.town import Town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]


def settled_rows(town: Town) -> list[Notice]:
    with snapshot(town.house.engine) as session:
        return list(session.exec(select(Notice).order_by(Notice.created_at, Notice.dedupe_key)))  # type: ignore[arg-type]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("point", ["before push", "after push"])
def test_late_word_of_a_stalled_worker_counts_no_more(
    town: Town, line: TroubledLine, point: str
) -> None:
    web, gate = town.start("web", "--workers", "1"), town.gate()
    sleeper = town.start("worker", number=signal.SIGSTOP)
    programs = [web, sleeper]
    try:
        wait_for(town.web_answers, "the web server")
        sleeper.light(point, 1)
        (first,) = town.enrol(("小明",))
        gate.tap(first.card_uid)
        wait_for(lambda: sleeper.struck_at, "the stall")
        other = town.start("worker")
        programs.append(other)
        town.wait_until_settled()
        (before,) = settled_rows(town)
        other.kill()
        sleeper.send(signal.SIGCONT)
        (second,) = town.enrol(("小晴",))
        gate.tap(second.card_uid)
        # It has come to its next turn once it has told the next news.
        town.wait_until_settled()
        if point == "before push":
            wait_for(lambda: len(line.attempts) == 3, "the stalled push")
    finally:
        for one in programs:
            one.kill()
    after = settled_rows(town)[0]
    assert (after.settled_at, after.outcome) == (before.settled_at, before.outcome)
    assert before.outcome == ("http_200" if point == "before push" else "http_409")
    assert len(line.bodies) == 2, "one key for each child"
    town.check(gate)
