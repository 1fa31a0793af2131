"""The school's desk: what buttons are made with, who of the staff hears what, how it is sent."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from core.kinds import NoticeKind
from core.notices.flex import Json
from core.notices.outbox import NewNotice, enqueue
from core.notices.staff_words import seat_words
from core.notices.templates import frozen
from core.notices.wording import short_date
from core.people.staff import RUNNERS, all_staff, staff_at
from core.people.tables import School, Staff, StaffRole
from core.postback import Action, PostbackCodec, Press
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class StaffDesk:
    """What buttons in notices are made with: the LIFF app and the codec of postbacks."""

    liff_id: str
    codec: PostbackCodec

    def page(self, path: str) -> str:
        """Return the LIFF address of a page."""
        return f"https://liff.line.me/{self.liff_id}/{path}"

    def sealed(
        self, actions: Iterable[Action], detail: str, staff: Staff, now: datetime
    ) -> dict[Action, str]:
        """Return the data of each button, good for this member of staff only."""
        return {
            action: self.codec.seal(Press(action, detail), staff.line_user_id, now)
            for action in actions
        }

    def answers(
        self, student_id: UUID, school_day: date, line_user_id: str, now: datetime
    ) -> tuple[str, str, str]:
        """Return the data of a guardian's answers: 請協助確認, 我知道了, 已在家."""
        asks, noted, home = (
            self.codec.seal(Press(action, f"{student_id}/{school_day}"), line_user_id, now)
            for action in (Action.ANSWER_ASK, Action.ANSWER_NOTED, Action.ANSWER_HOME)
        )
        return asks, noted, home


@dataclass(frozen=True, slots=True)
class MissingChild:
    """A child without a tap. `name` is the full name; chat shows it half hidden."""

    student_id: UUID
    homeroom: str
    seat_number: int
    name: str

    @property
    def words(self) -> str:
        """Return seat and masked name: 12 王○明."""
        return seat_words(self.seat_number, self.name)


def staff_desk(settings: Settings) -> StaffDesk:
    """Return the desk of this installation."""
    return StaffDesk(settings.liff_id, PostbackCodec(settings))


@dataclass(frozen=True, slots=True)
class Topic:
    """What is told. With `about` and `student_id` it is one thing of its kind that day."""

    kind: NoticeKind
    school_day: date
    about: str = ""
    student_id: UUID | None = None


def send(
    session: Session,
    topic: Topic,
    letters: Iterable[tuple[Staff, list[Json]]],
    now: datetime,
) -> int:
    """Enqueue to each member of staff their own messages; return how many notices were new."""
    notices = [
        NewNotice(
            kind=topic.kind,
            student_id=topic.student_id,
            staff_id=staff.id,
            line_user_id=staff.line_user_id,
            school_day=topic.school_day,
            at=now,
            about=topic.about,
            content=frozen(messages),
        )
        for staff, messages in letters
    ]
    return enqueue(session, notices, now)


def send_all(
    session: Session,
    topic: Topic,
    people: Sequence[Staff],
    messages: list[Json],
    now: datetime,
) -> int:
    """Enqueue the same messages to everybody; return how many notices were new."""
    return send(session, topic, [(staff, messages) for staff in people], now)


def runners_of(session: Session, school_code: str) -> list[Staff]:
    """Return who runs the school: officers and school admins, each person once."""
    return once(staff_at(session, school_code, RUNNERS))


def officers_of(session: Session, school_code: str) -> list[Staff]:
    """Return the officers, or whoever else runs a school that has none."""
    officers = once(staff_at(session, school_code, {StaffRole.OFFICER}))
    return officers or runners_of(session, school_code)


def bureau_of(session: Session) -> list[Staff]:
    """Return who minds the whole: the bureau, or who runs the schools where there is none."""
    return once(staff_at(session, None, {StaffRole.BUREAU_ADMIN})) or all_runners(session)


def all_runners(session: Session) -> list[Staff]:
    """Return the bureau and who runs any school, each person once."""
    roles = RUNNERS | {StaffRole.BUREAU_ADMIN}
    return once([one for one in all_staff(session) if one.role in roles])


def teachers_of(session: Session, school_code: str, homeroom: str) -> list[Staff]:
    """Return the teachers of a class."""
    return once(staff_at(session, school_code, {StaffRole.HOMEROOM_TEACHER}, homeroom))


def once(people: Collection[Staff]) -> list[Staff]:
    """Return each person once, though they may have several roles."""
    first: dict[str, Staff] = {}
    for one in people:
        first.setdefault(one.line_user_id, one)
    return list(first.values())


def place(session: Session, school_code: str, school_day: date, *more: str) -> str:
    """Return the small print: 榕光國小・正門・11/23（一）."""
    school = session.get_one(School, school_code)
    return "・".join(part for part in (school.short_name, *more, short_date(school_day)) if part)
