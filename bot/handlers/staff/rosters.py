"""名冊: a file sent into the chat is looked through here and taken over on its page."""

from datetime import datetime

from sqlmodel import Session

from bot.answer import Answer
from bot.events import Incoming
from bot.handlers.person import Person, find_person
from bot.handlers.resting import rest_from
from bot.handlers.turn import Turn
from bot.replies import refusals
from bot.replies.pages import Pages
from bot.replies.staff import rosters as reply
from bot.replies.staff import words
from bot.staff_commands import StaffAsk, StaffVerb, allowed
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.languages.language import SOURCE
from core.languages.speech import speaking
from core.people.names import clean_line
from core.people.staff import can_manage_school
from core.people.tables import Staff
from core.roster.apart import MOST_BYTES, read_sheet_apart
from core.roster.checks import forget_old_checks, hold_check
from core.roster.comparing import compare, complete
from core.roster.faults import RosterError
from core.roster.rows import RosterRow, roster_of

ENDINGS = (".csv", ".txt", ".xls", ".xlsx", ".ods")


def show_how(turn: Turn, ask: StaffAsk) -> Answer:
    """Say that a file can be sent here, and where the page is."""
    return Answer(messages=reply.how(turn.pages.staff("roster")))


def hear_file(house: House, incoming: Incoming, line_user_id: str, now: datetime) -> Answer:
    """Ask for the file where it may be a roster, else say why not. Only reads."""
    with snapshot(house.engine) as session:
        person = find_person(session, line_user_id)
        verbs = allowed(person.roles)
        admin = _admin(person)
    if not verbs:
        return Answer(messages=refusals.other_message("file"))
    page = Pages(house.settings.liff_id).staff("roster")
    with speaking(SOURCE):
        if StaffVerb.ROSTER not in verbs:
            return Answer(messages=words.forbidden(verbs))
        if admin is None:
            return Answer(messages=reply.which_school(page))
        if not incoming.content.lower().endswith(ENDINGS):
            return Answer(messages=reply.wrong_kind())
        if incoming.file_size > MOST_BYTES:
            return Answer(messages=reply.too_big(MOST_BYTES // 1_000_000))
        # Only what would be taken at another hour is told to come again.
        return rest_from(house, StaffAsk(StaffVerb.ROSTER), now) or Answer(wants_file=True)


def take_file(house: House, incoming: Incoming, data: bytes) -> Answer:
    """Look through a roster and hold it where nothing is wrong; nothing is taken over here.

    The reading takes seconds and happens outside of any transaction.
    """
    now = house.clock.now()
    user = incoming.line_user_id or ""
    with snapshot(house.engine) as session:
        admin = _admin(find_person(session, user))
    if admin is None or admin.school_code is None:
        return Answer()
    with speaking(SOURCE):
        try:
            rows = _rows(data, incoming.content, admin.school_code, now)
            with transaction(house.engine) as session:
                return _hold(session, house, user, rows, incoming.content, now)
        except RosterError as refused:
            with snapshot(house.engine) as session:
                faults = complete(session, house.vault, refused).faults
            page = Pages(house.settings.liff_id).staff("roster")
            return Answer(messages=reply.faulty(faults, page), matters=True)


def lost_file() -> Answer:
    """Say that LINE has the file no more."""
    return Answer(messages=reply.lost(), matters=True)


def _rows(data: bytes, name: str, school_code: str, now: datetime) -> list[RosterRow]:
    sheet = read_sheet_apart(data, name)
    return roster_of(sheet, today=school_day_of(now), school_code=school_code)


def _hold(
    session: Session, house: House, user: str, rows: list[RosterRow], name: str, now: datetime
) -> Answer:
    # Rights are looked up anew: reading a large file takes a while.
    admin = _admin(find_person(session, user))
    if admin is None or admin.school_code is None:
        return Answer()
    forget_old_checks(session, now)
    plan = compare(session, house.vault, rows)
    if not plan.added and not plan.changed:
        return Answer(messages=reply.same(), matters=True)
    check_id = hold_check(
        session,
        house.vault,
        rows,
        plan,
        school_code=admin.school_code,
        staff=admin,
        file_name=clean_line(name) or "名冊",
        now=now,
    )
    pages = Pages(house.settings.liff_id)
    page = pages.staff(f"roster/{check_id}", school=admin.school_code)
    return Answer(messages=reply.checked(plan, len(rows), page), matters=True)


def _admin(person: Person) -> Staff | None:
    """Return the role of somebody who manages one school; the page asks which one."""
    found = [
        role
        for role in person.roles
        if role.school_code and can_manage_school(role, role.school_code)
    ]
    return found[0] if len(found) == 1 else None
