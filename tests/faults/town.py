"""Families, a gate and programs over one database, and what must hold after every fault."""

import signal
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from uuid import UUID

import requests
from sqlalchemy import func, select

from bench.programs import free_pair
from core.clock import school_day_of
from core.db import snapshot, table_of, transaction
from core.gate.tables import Tap
from core.house import House
from core.kinds import Channel, NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from tests.conftest import MONDAY_MORNING
from tests.factories import (
    card_uid_of,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_student,
)
from tests.faults.crashing import Where
from tests.faults.gate import Gate
from tests.faults.line import TroubledLine
from tests.faults.pace import Pace
from tests.faults.programs import Program
from tests.waiting import wait_for

# They share a guardian and so may share a push.
SIBLINGS = ("小晴", "小禾")


@dataclass(frozen=True, slots=True)
class Child:
    """A child with a card, and the guardian who is told."""

    given_name: str
    card_uid: str
    line_user_id: str
    student_id: UUID
    guardian_id: UUID


@dataclass
class Town:
    """What a test of faults works with. `database_url` may lead through a proxy.

    `done` has how often the test killed or restarted something.
    With a `pace` it lives in that time, else by the true clock and a `shift`.
    """

    house: House
    line: TroubledLine
    forks: ForkServerContext
    folder: Path
    database_url: str
    reader_id: UUID
    port: int = field(default_factory=free_pair)
    shift: timedelta = field(default_factory=lambda: MONDAY_MORNING - datetime.now(UTC))
    pace: Pace | None = None
    children: list[Child] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def origin(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> datetime:
        """The moment in the town: a Monday morning that runs on."""
        return self.pace.now() if self.pace else datetime.now(UTC) + self.shift

    def gate(self, look_after: Callable[[], None] = lambda: None) -> Gate:
        """The reader, new to this test."""
        self.gates.append(Gate(self.reader_id, self.origin, self.now, look_after))
        return self.gates[-1]

    def start(
        self,
        *arguments: str,
        database_url: str = "",
        number: signal.Signals = signal.SIGKILL,
        changed: Mapping[str, str] | None = None,
        namespace: str = "",
        log: Path | None = None,
    ) -> Program:
        """Start one of our programs; at the end of its fuse it gets the signal.

        `changed` are settings other than the town's; with a network `namespace` it runs in there.
        """
        environment = {
            "DATABASE_URL": database_url or self.database_url,
            "PORT": str(self.port),
            "BASE_URL": self.origin,
            "LINE_API_BASE": self.line.origin,
            **(changed or {}),
        }
        log = log or self.folder / f"{arguments[0]}-{next(self._numbers)}.log"
        where = Where(log, namespace, self.pace)
        return Program(self.forks, arguments, environment, self.shift, where, number)

    def web_answers(self, port: int = 0) -> bool:
        """Tell whether the web server is up."""
        with suppress(requests.RequestException):
            address = f"http://127.0.0.1:{port or self.port}/healthz"
            return requests.get(address, timeout=5).ok
        return False

    def counts(self) -> dict[str, int]:
        """How much happened: what a run is worth."""
        return {
            "taps answered": sum(len(gate.answered) for gate in self.gates),
            "taps repeated": sum(gate.repeats for gate in self.gates),
            "pushes": len(self.line.attempts),
            "messages accepted": len(self.line.accepted),
            **self.done,
        }

    def enrol(self, *families: Sequence[str]) -> list[Child]:
        """Bring new families to the school, each the given names of a guardian's children."""
        new = []
        with transaction(self.house.engine) as session:
            for names in families:
                user_id = f"U{next(self._numbers):032x}"
                guardian = make_guardian(session, self.house, user_id)
                for name in names:
                    number = f"{11500000 + next(self._numbers)}"
                    student = make_student(session, self.house, name=f"王{name}", number=number)
                    make_binding(session, guardian, student)
                    card_uid = card_uid_of(number)
                    new.append(Child(name, card_uid, user_id, student.id, guardian.id))
        self.children += new
        return new

    def announce(self, children: Sequence[Child], *, may_ride: bool = True) -> None:
        """Write the news of their arrival into the outbox."""
        now = self.now()
        news = [
            NewNotice(
                kind=NoticeKind.ARRIVAL,
                guardian_id=one.guardian_id,
                line_user_id=one.line_user_id,
                student_id=one.student_id,
                school_day=school_day_of(now),
                at=now,
                content=f'[{{"type":"text","text":"{one.given_name} 07:20 到校"}}]'.encode(),
                may_ride=may_ride,
            )
            for one in children
        ]
        with transaction(self.house.engine) as session:
            enqueue(session, news, now)

    def wait_until_settled(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Wait until nothing is left to tell."""
        wait_for(lambda: not {"pending", "leased"} & set(self.states()), "settling", meanwhile)

    def states(self, *channels: Channel) -> Counter[str]:
        """How many notices are in which state, of these channels or of all."""
        notice = table_of(Notice).c
        which = notice.channel.in_(channels or Channel)
        with snapshot(self.house.engine) as session:
            counted = select(notice.state, func.count()).where(which).group_by(notice.state)
            return Counter({row[0]: row[1] for row in session.execute(counted)})

    def check(self, gate: Gate) -> None:
        """Compare the reader's ledger with LINE's and with the taps on file."""
        self.check_told(gate.answered)
        with snapshot(self.house.engine) as session:
            stored = session.scalar(select(func.count()).select_from(Tap))
        assert stored == len(gate.answered)

    def check_told(self, cards: Collection[str]) -> None:
        """Nothing is lost, nothing told twice: each of these children once to its guardian."""
        told = self.line.told()
        tapped = [one for one in self.children if one.card_uid in set(cards)]
        times = {
            one: sum(
                number
                for (to, words), number in told.items()
                if to == one.line_user_id and one.given_name in words and "到校" in words
            )
            for one in tapped
        }
        lost = [one for one, number in times.items() if number == 0]
        doubled = [one for one, number in times.items() if number > 1]
        assert (lost, doubled) == ([], [])
        assert sum(told.values()) == len(tapped), "nobody was told anything else"
        assert self.states(Channel.LINE) == Counter(accepted=len(tapped)), (
            "created is the sum of the ends"
        )
        assert {len(bodies) for bodies in self.line.bodies.values()} <= {1}, "one key, one body"


def build_town(
    house: House, line: TroubledLine, forks: ForkServerContext, folder: Path, database_url: str
) -> Town:
    """Found the school with its reader."""
    with transaction(house.engine) as session:
        make_school(session)
        reader_id = make_reader(session, house).id
    return Town(house, line, forks, folder, database_url, reader_id)
