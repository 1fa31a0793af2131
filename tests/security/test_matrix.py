"""Every route × every role × ids of somebody else: nothing is shown, no row of theirs changes.

The routes come from the application's own map: a new one is tried without being named here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import Session, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import app as composition
from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import LeaveReason
from core.calendar.closures import propose_closure
from core.calendar.policy import NewRule, add_rule
from core.calendar.scopes import ClosureScope
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.guards import SIGNED, guard_of
from core.house import House
from core.kinds import DayPart
from core.people.bindings import unbind_child
from core.people.guardians import find_guardian
from core.people.staff import revoke_staff
from core.people.tables import StaffRole, Student
from tests.factories import (
    HUA,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_staff,
    make_student,
)
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.security.rows import Rows, changes, rows_of_all, writes_of

VICTIM, VICTIM_OFFICER = "U" + "e" * 32, "U" + "f" * 32
CODE, OTHER = "353607", "353608"
NAMES, NUMBER = ("歐陽秘密", "秘密"), "99887766"
NOBODY = "0b0e5b9c-9f6c-4c6e-8d1e-5a1b5c0de000"
# A browser's own sign-in, and what records who tried.
OWN_TABLES = {"web_session", "used_id_token", "audit_entry"}
WORDS = ("603", "app.css", "email1")
PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")
# The victims' ids by what routes call them, in the town's order.
CALLED = (
    "guardian_id",
    "student_id",
    "binding_id",
    "staff_id",
    "reader_id",
    "leave_id",
    "closure_id",
    "rule_id",
)


@dataclass
class Town:
    """The victims' ids, as whatever route may be asked for them."""

    ids: list[str] = field(default_factory=list)
    # The stranger's own row, which has no LINE id in it.
    own: set[str] = field(default_factory=set)

    @property
    def fields(self) -> dict[str, str]:
        """Return all that a form or query could name of theirs."""
        return {
            **dict(zip(CALLED[:6], self.ids, strict=False)),
            "school": CODE,
            "school_code": CODE,
            "homeroom": "603",
            "student_number": NUMBER,
            "day": "2026-11-23",
            "first_day": "2026-11-24",
            "last_day": "2026-11-24",
            "cutoff": "08:30",
            "answer": "confirm",
            "kind": "week",
            "format": "csv",
            "sure": "1",
        }

    def ids_for(self, rule: Rule) -> list[str]:
        """Return what the route's place asks for and an id of another kind; if unknown, all."""
        asked = [one for name, one in zip(CALLED, self.ids, strict=False) if name in rule.arguments]
        return [*asked, self.ids[0], *self.ids[len(CALLED) :]] if asked else self.ids


@pytest.fixture
def whole(pages: House) -> Flask:
    """The whole application."""
    return composition.assemble(pages)


@pytest.fixture
def town(pages: House) -> Town:
    """A child with a guardian, a leave, a rule and a closure, at a school with its own officer."""
    town = Town()
    with transaction(pages.engine) as session:
        make_school(session)
        make_school(session, OTHER, short_name="槐香國小", district="大安區")
        guardian = make_guardian(session, pages, VICTIM, name="歐陽家長")
        student = make_student(session, pages, name=NAMES[0], number=NUMBER)
        binding = make_binding(session, guardian, student)
        officer = make_staff(session, pages, VICTIM_OFFICER)
        reader = make_reader(session, pages)
        leave = _leave(session, pages, student, guardian.id)
        closure = propose_closure(
            session,
            scope=ClosureScope(school_code=CODE),
            day=_tomorrow(pages),
            part=DayPart.WHOLE,
            source="學校",
            source_at=pages.clock.now(),
            by=f"staff:{officer.id}",
            now=pages.clock.now(),
        )
        rule = add_rule(
            session,
            CODE,
            NewRule(grade=6, grace_minutes=20, reason="測試"),
            by=f"staff:{officer.id}",
            now=pages.clock.now(),
        )
        ids = (guardian.id, student.id, binding.id, officer.id, reader.id, leave, closure.id)
        town.ids = [str(one) for one in (*ids, rule)]
    return town


def _tomorrow(house: House) -> date:
    return school_day_of(house.clock.now()) + timedelta(days=1)


def _leave(session: Session, house: House, student: Student, guardian_id: UUID) -> UUID:
    return file_leave(
        session,
        house.settings.liff_id,
        student_id=student.id,
        first_day=_tomorrow(house),
        last_day=_tomorrow(house),
        part=DayPart.WHOLE,
        reason=LeaveReason.SICK,
        filer=Filer(f"guardian:{guardian_id}", guardian_id),
        now=house.clock.now(),
    )


Enter = Callable[[Session, House, Town], None]


def as_other_parent(session: Session, house: House, town: Town) -> None:
    """Hua has a child of her own, at another school."""
    child = make_student(session, house, name="華小美", number="5", school_code=OTHER)
    make_binding(session, make_guardian(session, house, HUA, name="華大明"), child)


def as_unbound_parent(session: Session, house: House, town: Town) -> None:
    """Hua was bound to the child until a moment ago."""
    hua = make_guardian(session, house, HUA, name="華大明")
    child = session.exec(select(Student)).one()
    binding = make_binding(session, hua, child)
    unbind_child(session, guardian_id=hua.id, binding_id=binding.id, now=house.clock.now())
    town.ids.append(str(binding.id))


def as_unlinked(session: Session, house: House, town: Town) -> None:
    """Hua has a LINE account, and that is all."""


def as_other_teacher(session: Session, house: House, town: Town) -> None:
    """Hua teaches another class of the same school."""
    make_staff(session, house, HUA, role=StaffRole.HOMEROOM_TEACHER, homeroom="605")


def as_other_officer(session: Session, house: House, town: Town) -> None:
    """Hua is the officer of another school."""
    make_staff(session, house, HUA, school_code=OTHER)


def as_revoked_officer(session: Session, house: House, town: Town) -> None:
    """Hua was the school's officer until a moment ago."""
    staff = make_staff(session, house, HUA)
    revoke_staff(session, staff.id, by="operator", now=house.clock.now())


ROLES: dict[str, Enter | None] = {
    "signed out": None,
    "not linked": as_unlinked,
    "guardian of another child": as_other_parent,
    "guardian no longer bound": as_unbound_parent,
    "teacher of another class": as_other_teacher,
    "officer of another school": as_other_officer,
    "officer no more": as_revoked_officer,
}


class Stranger:
    """Hua's browser; signs in again when a route signed her out."""

    def __init__(self, whole: Flask, outside: Outside, *, signs_in: bool) -> None:
        self.phone, self.signs_in, self.token, self.sid = Phone(whole, outside), signs_in, "", ""

    def ask(self, method: str, path: str, fields: dict[str, str]) -> TestResponse:
        """Send one request with a good form token."""
        self._stand_ready()
        client = self.phone.client
        if method == "GET":
            answer = client.get(path, query_string=fields)
        else:
            answer = client.post(path, data={"csrf_token": self.token, **fields})
        # A file is read and closed like everything else.
        answer.get_data()
        answer.close()
        return answer

    def _stand_ready(self) -> None:
        with self.phone.client.session_transaction() as cookie:
            is_ready = self.token and cookie.get("sid", "") == self.sid
        if is_ready:
            return
        if self.signs_in:
            self.phone.sign_in(HUA)
        self.token = self.phone.token_at("/liff/?prove=1")
        with self.phone.client.session_transaction() as cookie:
            self.sid = str(cookie.get("sid", ""))


def paths_of(rule: Rule, ids: Sequence[str]) -> Iterator[str]:
    """Return the route's addresses with somebody else's ids in every place that takes one."""
    if not rule.arguments:
        yield rule.rule
        return
    takes_uuid = "<uuid:" in rule.rule
    for value in ids if takes_uuid else (*WORDS, ids[0]):
        yield PLACE.sub(value, rule.rule)


def plain(answer: TestResponse, path_id: str) -> tuple[int, str]:
    """Return what the stranger reads, without what differs each time."""
    text = re.sub(r"nonce=\"[^\"]+\"|value=\"[^\"]+\"", "", answer.text)
    return answer.status_code, text.replace(path_id, "")


@pytest.mark.parametrize("role", ROLES)
def test_no_route_shows_or_changes_what_is_somebody_elses(
    pages: House, whole: Flask, outside: Outside, town: Town, role: str
) -> None:
    enter = ROLES[role]
    if enter is not None:
        with transaction(pages.engine) as session:
            enter(session, pages, town)
    town.own = own_ids(pages)
    stranger = Stranger(whole, outside, signs_in=enter is not None)
    before, written = rows_of_all(pages), writes_of(pages)
    tried = 0
    for rule in whole.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            for path in paths_of(rule, town.ids_for(rule)):
                answer = stranger.ask(method, path, town.fields)
                where = f"{method} {path} as {role}"
                # Nobody sends here, and that is all it says.
                assert answer.status_code < 500 or path == "/readyz", where
                assert not any(name in answer.text for name in NAMES), where
                tried += 1
        # To read every row again costs more than to ask: only a write can have changed one.
        if written:
            assert violations(before, rows_of_all(pages), town) == set(), rule.rule
            written.clear()
    assert violations(before, rows_of_all(pages), town) == set()
    assert tried > 80


def own_ids(house: House) -> set[str]:
    """Return the id of the stranger's guardian row, if there is one."""
    with snapshot(house.engine) as session:
        hua = find_guardian(session, HUA)
        return {str(hua.id)} if hua is not None else set()


def violations(before: Rows, after: Rows, town: Town) -> set[tuple[str, str]]:
    """Return rows that changed and are not the stranger's own, or name what is the victims'."""
    found = set()
    for table, key in changes(before, after):
        text = before.get((table, key), "") + after.get((table, key), "")
        is_new = (table, key) not in before
        is_theirs = any(one in text for one in town.ids) or VICTIM in text
        is_own = table in OWN_TABLES or key in town.own
        if not is_own and (is_theirs if is_new else HUA not in text):
            found.add((table, key))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_id_of_somebody_else_is_answered_as_an_id_that_never_was(
    pages: House, whole: Flask, outside: Outside, town: Town, role: str
) -> None:
    enter = ROLES[role]
    if enter is not None:
        with transaction(pages.engine) as session:
            enter(session, pages, town)
    stranger = Stranger(whole, outside, signs_in=enter is not None)
    rules = [rule for rule in whole.url_map.iter_rules() if "<uuid:" in rule.rule]
    assert len(rules) > 8
    for rule in rules:
        guard = guard_of(whole.view_functions[rule.endpoint])
        if guard in SIGNED:
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            ask = partial(stranger.ask, method, fields=town.fields)
            never = plain(ask(PLACE.sub(NOBODY, rule.rule)), NOBODY)
            for one in town.ids_for(rule):
                path = PLACE.sub(one, rule.rule)
                assert plain(ask(path), one) == never, f"{method} {path} as {role}"
