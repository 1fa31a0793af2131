"""A small town with something on every page: two children, their school, its people, a stranger."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from core.announcements.audiences import Audience
from core.announcements.tables import AnnouncementType, Importance
from core.announcements.writing import Text, write_announcement
from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import AttendanceDay, LeaveReason, NoShowRun
from core.binding.delegates import invite_delegate
from core.binding.requests import ask_school
from core.binding.tables import CarryOver, DelegateLabel
from core.calendar.changes import ChangeKind, list_changes
from core.calendar.closures import propose_closure
from core.calendar.policy import NewRule, add_rule
from core.calendar.scopes import ClosureScope
from core.clock import at_taipei, school_day_of
from core.contact.proofs import ask_code
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from core.languages.language import Language
from core.notices.outbox import NewNotice, enqueue
from core.order_files.held import GOOD_FOR, HeldSlips, hold_slips
from core.order_files.slips import Slip
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import find_plan
from core.orders.plans import Items
from core.orders.tables import TextState
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.staff import invite_staff, roles_of
from core.people.staff_changes import open_invites
from core.people.tables import Binding, Guardian, StaffRole, Student
from core.topics.topics import CLOSURES
from tests.factories import (
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_staff,
    make_student,
)
from tests.liff.sms_desk import IN_FORCE, make_texts, open_service, place
from tests.orders.shop import PLAN
from tests.passing import checked_roster, copy_token, sheet_token, shown_text

SCHOOL, NEXT_SCHOOL = "353607", "353608"


@dataclass(frozen=True, slots=True)
class Cast:
    """The LINE user ids of a guardian, the school's head, the bureau's, and another guardian."""

    guardian: str
    staff: str
    bureau: str
    stranger: str


@dataclass(slots=True)
class Town:
    """What a page's address asks for, by the name of its place in the route."""

    house: House
    cast: Cast
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def keep(self, **ids: object) -> None:
        """Remember ids."""
        self.ids |= {name: str(value) for name, value in ids.items()}

    def ids_of(self, rule: str) -> dict[str, str]:
        """Return what stands in an address of the route; a token opens one route alone."""
        token = self.tokens.get(rule)
        return self.ids if token is None else {**self.ids, "token": token}


def settle(
    session: Session, house: House, cast: Cast, language: Language = Language.CHINESE
) -> Town:
    """Fill an empty database; the caller commits. `language` is what the guardian reads."""
    town = Town(house, cast)
    now = house.clock.now()
    make_school(session)
    make_school(session, NEXT_SCHOOL, short_name="槐香國小", district="大安區")
    reader = make_reader(session, house, contact_at=now - timedelta(seconds=20))
    mother = make_guardian(session, house, cast.guardian)
    mother.locale = language.value
    phone = Contact(ContactSlot.PHONE, "0912000123", is_verified=True)
    write_contact(session, house.vault, mother.id, phone, now)
    ming = make_student(session, house)
    sister = make_student(session, house, name="歐陽小美", number="11510002")
    sister.seat_number = 3
    binding = make_binding(session, mother, ming)
    make_binding(session, mother, sister)
    town.keep(binding_id=binding.id, student_id=ming.id, homeroom="603")
    town.keep(reader_id=reader.id, key=CLOSURES.key, slot=ContactSlot.EMAIL2)
    ask_code(session, house.vault, mother.id, ContactSlot.EMAIL2, "yating@example.com", now=now)
    _add_weeks(session, ming, now)
    _add_notices(session, town, mother, ming)
    _add_leaves(session, town, mother, (ming, sister))
    _add_bonds(session, town, binding)
    _add_school_affairs(session, town)
    _add_stranger(session, town, ming)
    _add_texts(session, town, binding)
    _add_orders(session, town, mother, sister)
    return town


def _add_weeks(session: Session, child: Student, now: datetime) -> None:
    """Four weeks of going in and out; now and then without a card, or entered by hand."""
    today = school_day_of(now)
    days = (today - timedelta(days=back) for back in range(28))
    for day in days:
        if day.weekday() < 5:
            session.add(_day(child, day, is_over=day < today))


def _day(child: Student, day: date, *, is_over: bool) -> AttendanceDay:
    row = AttendanceDay(student_id=child.id, school_day=day, arrivals=1)
    if not is_over or day.day % 9 != 4:
        row.arrived_at = row.arrival_received_at = at_taipei(day, time(7, 9 + day.day % 10))
        row.arrival_is_make_up = is_over and day.day % 11 == 8
    if is_over:
        row.departed_at = at_taipei(day, time(16, day.day))
    return row


def _add_notices(session: Session, town: Town, mother: Guardian, child: Student) -> None:
    now = town.house.clock.now()
    ends = {NoticeKind.ARRIVAL: (NoticeState.ACCEPTED, "http_200"), NoticeKind.NO_SHOW: None}
    news = [
        NewNotice(
            kind=kind,
            guardian_id=mother.id,
            student_id=child.id,
            line_user_id=town.cast.guardian,
            school_day=school_day_of(now),
            at=now,
            content=b"[]",
            ended=ended,
        )
        for kind, ended in ends.items()
    ]
    enqueue(session, news, now)


def _add_leaves(
    session: Session, town: Town, mother: Guardian, children: tuple[Student, ...]
) -> None:
    now = town.house.clock.now()
    for child, ahead in zip(children, (1, 0), strict=True):
        day = school_day_of(now) + timedelta(days=ahead)
        leave_id = file_leave(
            session,
            town.house.settings.liff_id,
            student_id=child.id,
            first_day=day,
            last_day=day + timedelta(days=ahead),
            part=DayPart.WHOLE,
            reason=LeaveReason.SICK,
            filer=Filer(f"guardian:{mother.id}", mother.id),
            now=now,
        )
        town.ids.setdefault("leave_id", str(leave_id))


def _add_bonds(session: Session, town: Town, binding: Binding) -> None:
    """Somebody is invited to receive too, and another school asks to keep the binding."""
    now = town.house.clock.now()
    invited = invite_delegate(
        session,
        town.house.vault,
        binding=binding,
        label=DelegateLabel.GRANDPARENT,
        until=school_day_of(now) + timedelta(days=7),
        last_day=None,
        now=now,
    )
    moved = make_student(session, town.house, number="11510003", school_code=NEXT_SCHOOL)
    move = CarryOver(
        guardian_id=binding.guardian_id,
        binding_id=binding.id,
        student_id=moved.id,
        proposed_at=now,
    )
    session.add(move)
    session.flush()
    town.keep(delegate_id=invited.id, carry_over_id=move.id)


def _add_orders(session: Session, town: Town, mother: Guardian, child: Student) -> None:
    """Another order, which waits, and a file of slips that was checked."""
    now, house = town.house.clock.now(), town.house
    plan = find_plan(session, *PLAN.key)
    assert plan is not None
    wish = NewOrder(
        plan_id=plan.id,
        student_id=child.id,
        items=Items.BOTH,
        guardian_id=mother.id,
        has_consented=True,
    )
    place_order(session, house.vault, wish, by=f"guardian:{mother.id}", now=now)
    (head,) = roles_of(session, town.cast.staff)
    slip = Slip(2, child.student_number, None, Items.ARRIVAL, "0912000777", 68, "A-1")
    held = HeldSlips(SCHOOL, plan.id, "回條.csv", [slip], now + GOOD_FOR)
    slips_id = hold_slips(session, house.vault, held, by=f"staff:{head.id}", now=now)
    town.keep(plan_id=plan.id, slips_id=slips_id)


def _add_school_affairs(session: Session, town: Town) -> None:
    """A long name in the class, today's no-shows held, a rule, a closure that waits."""
    now, house = town.house.clock.now(), town.house
    today = school_day_of(now)
    head = make_staff(session, house, town.cast.staff, role=StaffRole.SCHOOL_ADMIN)
    make_staff(session, house, town.cast.bureau, role=StaffRole.BUREAU_ADMIN, school_code=None)
    long = make_student(session, house, name="A" * 20, number="11510004")
    long.seat_number = 26
    session.add(
        NoShowRun(
            school_code=SCHOOL,
            school_day=today,
            cutoff=time(8, 30),
            state="held",
            hold_reason="few_taps",
            held=4,
            ran_at=now,
            held_at=now,
        )
    )
    facts = NewRule(grade=6, grace_minutes=20, reason="休業式" * 4)
    monday = today + timedelta(days=7)
    rule_id = add_rule(session, SCHOOL, facts, by=f"staff:{head.id}", now=now, from_day=monday)
    change = list_changes(session, [SCHOOL], [ChangeKind.RULE])[0]
    teacher = make_staff(session, house, "U" + "7" * 32, homeroom="603")
    closure = propose_closure(
        session,
        scope=ClosureScope(school_code=SCHOOL),
        day=today + timedelta(days=2),
        part=DayPart.WHOLE,
        source="臺北市政府人事行政局長官公告",
        source_at=now,
        by=f"staff:{head.id}",
        now=now,
    )
    words = Text(
        type=AnnouncementType.EVENT,
        importance=Importance.IMPORTANT,
        title="校慶園遊會",
        body="週六 09:00 開始。",
        publish_from=now,
    )
    by = f"staff:{head.id}"
    news = write_announcement(session, Audience(school_code=SCHOOL, homeroom="603"), words, by, now)
    town.keep(announcement_id=news.announcement_id)
    _invite_officer(session, town, by)
    town.keep(rule_id=rule_id, closure_id=closure.id, change_id=change.id, staff_id=teacher.id)
    town.keep(text_id=shown_text(session, house, head))
    town.keep(check_id=checked_roster(session, house, head, SCHOOL))
    town.tokens["/liff/staff/codes/<token>"] = sheet_token(session, house, head, long)


def _add_texts(session: Session, town: Town, binding: Binding) -> None:
    """The guardian ordered a child's texts, and a few were counted."""
    open_service(session, town.house)
    order_id = place(session, town.house, binding)
    for step in IN_FORCE:
        step(session, order_id, town.house)
    session.add_all(make_texts(town.house, order_id, TextState.DELIVERED, 41))
    town.keep(order_id=order_id)


def _invite_officer(session: Session, town: Town, by: str) -> None:
    now, vault = town.house.clock.now(), town.house.vault
    invite_staff(
        session,
        vault,
        name="許育文",
        school_code=SCHOOL,
        role=StaffRole.OFFICER,
        homeroom=None,
        invited_by=by,
        now=now,
    )
    town.keep(invite_id=open_invites(session, vault, SCHOOL, now)[0].id)


def _add_stranger(session: Session, town: Town, ming: Student) -> None:
    """Somebody else's guardian, who also waits for this school's yes to be Ming's."""
    other = make_guardian(session, town.house, town.cast.stranger, name="華大明")
    child = make_student(
        session, town.house, name="華小花", number="11510005", school_code=NEXT_SCHOOL
    )
    make_binding(session, other, child)
    now = town.house.clock.now()
    asked = ask_school(session, other.id, ming.id, "father", "five_facts", now)
    # Whoever is gone has no row any more, only the number they were told.
    town.keep(request_id=asked, code="K7Q4M2XP")
    # The guardian's own would lead the pages of asking for one on to it.
    town.tokens["/liff/my-data/file/<token>"] = copy_token(session, town.house, other)
