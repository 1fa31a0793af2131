"""What staff are told of readers, of closures and of the month's quota.

Every function joins the caller's transaction and returns how many notices were new.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices import staff_bubbles as bubbles
from core.notices.staff_desk import (
    Topic,
    all_runners,
    bureau_of,
    once,
    place,
    runners_of,
    send_all,
)
from core.notices.staff_words import Said, moment_words, say
from core.notices.wording import short_date, short_moment
from core.people.tables import Staff

CLOSURE_WORD = "停課"


def tell_reader_silent(
    session: Session,
    school_code: str,
    gate: str,
    reader_id: UUID,
    since: datetime | None,
    now: datetime,
) -> int:
    """Tell who runs the school that a reader has not been heard since that moment."""
    about = f"{reader_id}/{since.timestamp():.0f}" if since else str(reader_id)
    said = say("reader_silent", gate=gate, time=moment_words(since, now))
    return _tell_of_reader(session, NoticeKind.READER_SILENT, school_code, said, about, now)


def tell_reader_cloned(
    session: Session, school_code: str, gate: str, reader_id: UUID, now: datetime
) -> int:
    """Tell who runs the school, once a day, that two devices use one reader's identity."""
    said = say("reader_cloned", gate=gate)
    kind = NoticeKind.READER_CLONED
    return _tell_of_reader(session, kind, school_code, said, str(reader_id), now, gate)


def tell_reader_gap(
    session: Session, school_code: str, gate: str, reader_id: UUID, missing: int, now: datetime
) -> int:
    """Tell who runs the school, once a day, that taps of a reader are missing."""
    said = say("reader_gap", gate=gate, n=missing)
    return _tell_of_reader(session, NoticeKind.READER_GAP, school_code, said, str(reader_id), now)


def _tell_of_reader(
    session: Session,
    kind: NoticeKind,
    school_code: str,
    said: Said,
    about: str,
    now: datetime,
    gate: str = "",
) -> int:
    topic = Topic(kind, school_day_of(now), about)
    message = bubbles.news(kind, said, place(session, school_code, topic.school_day, gate))
    return send_all(session, topic, runners_of(session, school_code), message, now)


def tell_closure_asked(
    session: Session,
    closure_id: UUID,
    staff: Sequence[Staff],
    *,
    summary: str,
    asked_by_name: str,
    is_undo: bool,
    now: datetime,
) -> int:
    """Ask the others who may confirm a closure, or its undoing; names as they are to be read."""
    said = say("closure_asked", who=asked_by_name, action=_action(is_undo), summary=summary)
    return _tell_of_closure(session, NoticeKind.CLOSURE_ASKED, closure_id, staff, said, now)


def tell_closure_answered(
    session: Session,
    closure_id: UUID,
    staff: Sequence[Staff],
    *,
    summary: str,
    answered_by_name: str,
    is_confirmed: bool,
    is_undo: bool,
    now: datetime,
    reason: str = "",
) -> int:
    """Tell how the second person decided; `reason` is why a closure was declined."""
    key = "closure_confirmed" if is_confirmed else "closure_declined"
    said = say(key, who=answered_by_name, action=_action(is_undo), reason=reason)
    kind = NoticeKind.CLOSURE_ANSWERED
    return _tell_of_closure(session, kind, closure_id, staff, said, now, summary)


def tell_closure_found(
    session: Session,
    closure_id: UUID,
    staff: Sequence[Staff],
    *,
    summary: str,
    source: str,
    source_at: datetime,
    now: datetime,
) -> int:
    """Tell who may close schools of an announcement a machine found; nothing follows by itself."""
    said = say("closure_found", source=source, time=short_moment(source_at))
    kind = NoticeKind.CLOSURE_FOUND
    return _tell_of_closure(session, kind, closure_id, staff, said, now, summary)


def _tell_of_closure(
    session: Session,
    kind: NoticeKind,
    closure_id: UUID,
    staff: Sequence[Staff],
    said: Said,
    now: datetime,
    summary: str = "",
) -> int:
    # What was declined can be asked again, and each asking is told.
    topic = Topic(kind, school_day_of(now), f"{closure_id}/{now.timestamp():.0f}")
    is_answered = kind is NoticeKind.CLOSURE_ANSWERED
    foot = [] if is_answered else [bubbles.type_word("看停課", CLOSURE_WORD)]
    message = bubbles.news(kind, said, summary or short_date(topic.school_day), foot=foot)
    return send_all(session, topic, once(staff), message, now)


def tell_announcement_asked(
    session: Session,
    staff: Sequence[Staff],
    *,
    about: str,
    title: str,
    audience: str,
    asked_by_name: str,
    page: str,
    deadline: datetime,
    now: datetime,
) -> int:
    """Ask the others who may publish an announcement; `about` names its version, told once.

    Names as they are to be read; `page` is the address of the announcement's page.
    """
    kind = NoticeKind.ANNOUNCEMENT_ASKED
    said = say(kind, who=asked_by_name, deadline=moment_words(deadline, now))
    message = bubbles.news(
        kind,
        said,
        audience,
        detail=[bubbles.in_bold(title)],
        foot=[bubbles.open_announcement(page)],
    )
    return send_all(session, Topic(kind, school_day_of(now), about), once(staff), message, now)


def tell_quota_warning(
    session: Session, *, percent: int, days: int | None, about: str, now: datetime
) -> int:
    """Tell the bureau how much of the month's quota is used, and for how many days it lasts.

    Who runs a school hears only of what changes there: a push to everybody costs quota too.
    """
    said = say("quota", p=percent, days="" if days is None else days)
    return _tell_of_quota(session, bureau_of(session), said, about, now)


def tell_quota_cut(
    session: Session, *, percent: int, with_arrivals: bool, until: date, about: str, now: datetime
) -> int:
    """Tell the bureau and who runs a school that departures, or arrivals too, wait to be asked."""
    key = "quota_arrivals" if with_arrivals else "quota_departures"
    said = say(key, p=percent, until=short_date(until))
    return _tell_of_quota(session, all_runners(session), said, f"{about}/{key}", now)


def tell_looks(
    session: Session, staff: Staff, *, who: str, count: int, about: str, now: datetime
) -> int:
    """Tell the bureau, and who else runs the school, that `staff` looked at very many children.

    `who` is role and name as they are to be read.
    """
    runners = runners_of(session, staff.school_code) if staff.school_code else []
    others = [
        one
        for one in once([*bureau_of(session), *runners])
        if one.line_user_id != staff.line_user_id
    ]
    topic = Topic(NoticeKind.LOOKS, school_day_of(now), about)
    said = say("looks", who=who, n=count)
    where = place(session, staff.school_code, topic.school_day) if staff.school_code else "教育局"
    return send_all(session, topic, others, bubbles.news(topic.kind, said, where), now)


def _tell_of_quota(
    session: Session, people: Sequence[Staff], said: Said, about: str, now: datetime
) -> int:
    topic = Topic(NoticeKind.QUOTA, school_day_of(now), about)
    message = bubbles.news(topic.kind, said, short_date(topic.school_day))
    return send_all(session, topic, people, message, now)


def _action(is_undo: bool) -> str:
    return "復原停課" if is_undo else "停課"
