"""邀請碼: a code typed into the chat makes a LINE user staff, once."""

import re
import unicodedata
from datetime import datetime, time

from sqlmodel import Session, col, func, select

from bot.answer import Answer
from bot.events import Incoming
from bot.handlers.person import find_person
from bot.menu_areas import staff_side
from bot.replies.staff import enrolment as reply
from core.audit import AuditEntry, record_audit
from core.clock import at_taipei, school_day_of
from core.crypto import CODE_SIGNS, Vault
from core.db import transaction
from core.house import House
from core.people.staff import enrol_staff, roles_of, staff_name
from core.people.tables import School, Staff

WRONG = "staff_code.wrong"
RIGHT = "staff_code.right"
PERSON = "staff_code.person"
# Wrong codes of one LINE user a Taipei date.
LIMIT = 5
# Parents type the code of a class here too, and are told where it goes.
PREFIX = re.compile("邀請碼|綁定碼")
DASHES = re.compile(r"[-‐‑‒–—―ー_]")
WITH_DASH = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
JOINED = re.compile(f"[{CODE_SIGNS}]{{8}}")


def read_code(text: str) -> str | None:
    """Return what looks like an invitation code, or None.

    A telephone number of eight digits is none.
    """
    plain = PREFIX.sub("", unicodedata.normalize("NFKC", text).upper())
    joined = "".join(DASHES.sub("-", plain).split()).strip(":：")
    is_code = WITH_DASH.fullmatch(joined) or JOINED.fullmatch(joined)
    return joined if is_code and not joined.replace("-", "").isdecimal() else None


def enrol(house: House, incoming: Incoming, line_user_id: str, code: str, now: datetime) -> Answer:
    """Make the person staff, or count a wrong code; the same event again has no other effect."""
    with transaction(house.engine) as session:
        person = house.vault.index_candidates(line_user_id, PERSON)
        subject = f"line_event:{incoming.event_id}"
        ended = _ended(session, person, subject)
        if ended is None and _wrong_today(session, person, now) >= LIMIT:
            return Answer(messages=reply.limit(LIMIT))
        staff = _staff(session, house.vault, line_user_id, code, ended, now)
        action = WRONG if staff is None else RIGHT
        if ended is None:
            actor = f"line:{person[0]}"
            record_audit(session, actor=actor, action=action, subject=subject, now=now)
        if staff is None:
            is_staff = bool(roles_of(session, line_user_id))
            said = reply.wrong() if is_staff else reply.wrong_of_parent()
            return Answer(messages=said, matters=True)
        school = session.get(School, staff.school_code) if staff.school_code else None
        name = staff_name(house.vault, staff)
        messages = reply.welcome(staff, school, name)
        menu = staff_side(find_person(session, line_user_id).menu)
        return Answer(messages=messages, matters=True, menu=menu)


def _staff(
    session: Session,
    vault: Vault,
    line_user_id: str,
    code: str,
    ended: str | None,
    now: datetime,
) -> Staff | None:
    if ended is None:
        return enrol_staff(session, vault, code=code, line_user_id=line_user_id, now=now)
    held = roles_of(session, line_user_id) if ended == RIGHT else []
    return held[-1] if held else None


def _ended(session: Session, person: list[str], subject: str) -> str | None:
    """Return how this very event ended, when it was handled before."""
    statement = select(AuditEntry.action).where(AuditEntry.subject == subject, _by(person))
    return session.exec(statement).first()


def _wrong_today(session: Session, person: list[str], now: datetime) -> int:
    statement = select(func.count()).where(
        _by(person),
        AuditEntry.action == WRONG,
        col(AuditEntry.at) >= at_taipei(school_day_of(now), time()),
    )
    return session.exec(statement).one()


def _by(person: list[str]) -> bool:
    return col(AuditEntry.actor).in_([f"line:{index}" for index in person])  # type: ignore[return-value]  # a column comparison
