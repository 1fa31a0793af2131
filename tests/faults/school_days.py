"""Whole school days by a fast clock, and what the outside saw of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from core.calendar.tables import CalendarDay, Term
from core.clock import at_taipei
from core.db import snapshot, transaction
from core.duty.tables import JobRun
from core.privacy.purge import DONE, JOB
from core.privacy.tables import PurgeRun
from tests.faults.gate import Gate
from tests.faults.pace import Pace
from tests.faults.town import Child, Town
from tests.waiting import wait_for

# How many times as fast as true time: while children pass, and by night.
BY_DAY, BY_NIGHT = 60, 600
# So often, by the town's clock, a child taps, and the reader says that it is well.
APART, BEAT = timedelta(seconds=3), timedelta(seconds=30)
# Later than the night's cleaning begins by itself.
WINDOW_ENDS = time(0, 40)
# The first one that a message has.
WORDS = ("尚無刷卡紀錄", "離校", "到校")
# A child, by name and guardian, and the word for what is told of it.
News = tuple[str, str, str]


@dataclass
class SchoolDays:
    """The school of a town, its reader, and the time it lives in."""

    town: Town
    pace: Pace
    gate: Gate

    def begin(self, day: date) -> None:
        """Let there be lessons, and a term end with them, so that the night has what to remove."""
        written: dict[str, Any] = {
            "scope": "353607",
            "source": "test",
            "recorded_by": "test",
            "recorded_at": at_taipei(day, time(6)),
        }
        year, first = 115, date(2026, 9, 1)
        with transaction(self.town.house.engine) as session:
            session.execute(delete(Term))
            term = Term(school_year=year, number=1, first_day=first, last_day=day, **written)
            session.add_all([term, CalendarDay(day=day, is_open=True, reason="", **written)])

    def pass_gate(self, children: Sequence[Child], start: datetime) -> None:
        """Let them tap one after the other from this moment on, and hear what comes of it."""
        self.pace.go_on(BY_DAY, start)
        for place, child in enumerate(children):
            self._wait_until(start + place * APART)
            self.gate.tap(child.card_uid)
        self.town.wait_until_settled()

    def cut_off(self, day: date, absent: int) -> None:
        """Live through the cut-off at a reader that is heard, until so many more were told."""
        wanted = self.told().total() + absent
        self.pace.go_on(BY_DAY, at_taipei(day, time(8, 29)))
        beaten_at = at_taipei(day, time(8))

        def beat() -> None:
            nonlocal beaten_at
            if self.town.now() - beaten_at > BEAT:
                beaten_at = self.town.now()
                self.gate.beat()

        wait_for(lambda: self.told().total() >= wanted, "the no-shows", beat)
        self.town.wait_until_settled()

    def sleep_into(self, day: date) -> None:
        """Live through the first hour of a date, until what is over age was removed."""
        self.pace.go_on(BY_NIGHT, at_taipei(day, time(0, 20)))
        wait_for(lambda: self._is_purged(day), "the purge")
        with snapshot(self.town.house.engine) as session:
            runs = session.scalars(select(PurgeRun).where(col(PurgeRun.day) == day)).all()
        assert [one.limit_name for one in runs if one.after or one.canary_gone is False] == []
        in_window = [one for one in runs if one.started_at < at_taipei(day, WINDOW_ENDS)]
        assert in_window == [], "nothing is removed in the maintenance window"

    def told(self) -> Counter[News]:
        """What LINE was told so far, how often; what nobody should hear stands as it came."""
        news: Counter[News] = Counter()
        for (to, words), number in self.town.line.told().items():
            names = [one.given_name for one in self.town.children if one.line_user_id == to]
            name = next((name for name in names if name in words), words)
            news[to, name, next((word for word in WORDS if word in words), words)] += number
        return news

    def _is_purged(self, day: date) -> bool:
        with snapshot(self.town.house.engine) as session:
            run = session.get(JobRun, (JOB, str(day)))
        return run is not None and run.outcome == DONE

    def _wait_until(self, moment: datetime) -> None:
        wait_for(lambda: self.town.now() >= moment, f"{moment}")


def news_of(children: Sequence[Child], word: str) -> Counter[News]:
    """What is to be told of these, once each."""
    return Counter((one.line_user_id, one.given_name, word) for one in children)
