"""Answers from the gate's records: today, the week, the reader's state."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot.answer import Json
from bot.handlers.person import Person
from bot.replies.emergency import KnownNow, what_is_known
from bot.replies.pages import Pages
from bot.replies.speech import moment
from bot.replies.status import KnownService, status
from bot.replies.today import ChildToday, day_line, today_messages
from bot.replies.week import ChildWeek, week_messages
from core.attendance.days import days_of
from core.clock import school_day_of
from core.delivery.quota_month import month_end, on_demand_kinds
from core.gate.readers import last_contacts
from core.house import House
from core.maintenance import Window
from core.notices.wording import on_demand_line
from core.postback import Action, PostbackCodec, Press
from core.privacy.purged import last_purge
from core.watch.service import channels_of, schools_service, waiting_of
from core.watch.service_words import night_line

DAYS_SHOWN = 7
# So far back the button 前七天 leads.
WEEKS_BACK = 4


def tell_today(session: Session, house: House, person: Person, now: datetime) -> list[Json]:
    """Return each child's day. The person has at least one child."""
    contacts = _contacts(session, person)
    today = school_day_of(now)
    days = days_of(session, person.children, today, today, now)
    found = [
        ChildToday(child, days[child.student_id][0], contacts[child.school_code])
        for child in person.children
    ]
    note = on_demand_line(on_demand_kinds(session, now), month_end(now))
    return today_messages(found, Pages(house.settings.liff_id), now, note)


def tell_week(
    session: Session, house: House, person: Person, now: datetime, last: date | None = None
) -> list[Json]:
    """Return the seven days that end with `last`, today when None."""
    today = school_day_of(now)
    end = min(last or today, today)
    days = days_of(session, person.children, end - timedelta(days=DAYS_SHOWN - 1), end, now)
    before = _before(house, person, end, now)
    found = [ChildWeek(child, days[child.student_id], before) for child in person.children]
    return week_messages(found, Pages(house.settings.liff_id), today)


def tell_what_is_known(
    session: Session, house: House, person: Person, now: datetime, *, is_desperate: bool
) -> list[Json]:
    """Return 110, the records and the schools' numbers to somebody worried, or desperate."""
    today = school_day_of(now)
    days = days_of(session, person.children, today, today, now) if person.children else {}
    codec = PostbackCodec(house.settings)
    return what_is_known(
        [
            KnownNow(
                child,
                day_line(days[child.student_id][0]),
                codec.seal(
                    Press(Action.ANSWER_ASK, f"{child.student_id}/{today}"),
                    person.line_user_id,
                    now,
                ),
            )
            for child in person.children
        ],
        is_desperate=is_desperate,
    )


def tell_status(session: Session, house: House, person: Person, now: datetime) -> list[Json]:
    """Return how the channels, the schools and the night were, and what waits for this person."""
    names = {child.school_code: child.school_short_name for child in person.children}
    tidied = last_purge(session)
    at = moment(tidied, now) if tidied else ""
    known = KnownService(
        channels_of(session, house.settings, names, now),
        [(names[one.code], one) for one in schools_service(session, sorted(names), now)],
        waiting_of(session, person.guardian.id) if person.guardian else 0,
        night_line(Window.of(house.settings), at, now),
    )
    return status(known, now)


def _contacts(session: Session, person: Person) -> dict[str, datetime | None]:
    codes = {child.school_code for child in person.children}
    return last_contacts(session, sorted(codes))


def _before(house: House, person: Person, end: date, now: datetime) -> str | None:
    earlier = end - timedelta(days=DAYS_SHOWN)
    if school_day_of(now) - earlier > timedelta(weeks=WEEKS_BACK):
        return None
    press = Press(Action.WEEK_BEFORE, earlier.isoformat())
    return PostbackCodec(house.settings).seal(press, person.line_user_id, now)
