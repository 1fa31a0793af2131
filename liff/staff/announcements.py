"""公告: what this desk has written, and what is to be done with each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.announcements.audiences import (
    Audience,
    audience_label,
    publishers_of,
    reach_of,
    writer_of,
)
from core.announcements.reading import shown_as
from core.announcements.sending import cost_of, send_out, tell_answered
from core.announcements.standing import (
    Standing,
    Written,
    history_of,
    list_written,
    standing_of,
)
from core.announcements.tables import Announcement, AnnouncementVersion
from core.announcements.writing import (
    GOOD_FOR,
    archive_announcement,
    decline_version,
    get_announcement,
    publish_version,
    restore_announcement,
    text_of,
    versions_of,
)
from core.announcements.years import is_of_past_year
from core.audit import did_last
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.languages.dates import day_and_clock, short_moment
from core.notices.staff_desk import staff_desk
from core.notices.staff_words import alone_words
from core.people.staff import are_one_person
from core.people.tables import Staff
from liff.announced import Announced, announced
from liff.guard import OUT_OF_ROLE, proved_recently, staff
from liff.notices import skipped
from liff.numbers import whole_number
from liff.present import phone_link
from liff.staff.actors import actor_words
from liff.staff.announcement_form import audience_options
from liff.staff.desk import Desk, open_desk
from liff.visit import Visit, current_visit

A_PAGE = 20
MOST_VERSIONS = 99_999
STANDINGS = {
    Standing.WAITING: ("held", "等第二人確認"),
    Standing.CHANGING: ("held", "修改等第二人確認"),
    Standing.DECLINED: ("off", "已退回"),
    Standing.LAPSED: ("off", "逾時未確認"),
    Standing.SCHEDULED: ("late", "預定公布"),
    Standing.SHOWN: ("arrived", "公布中"),
    Standing.OVER: ("off", "上學年的公告"),
    Standing.ARCHIVED: ("off", "歷史公告"),
}
ACTS = {
    "announcement.write": "撰寫",
    "announcement.revise": "修改",
    "announcement.publish": "公布",
    "announcement.decline": "退回或收回",
    "announcement.archive": "移到歷史公告",
    "announcement.restore": "移回最新",
}
# By what name the records know an answer, where it is another.
RECORDED = {"confirm": "publish"}
REFUSALS = {
    "own_confirm": "發起人不能自己確認，請另一位有權限的人確認。",
    "expired": "逾時未確認，沒有公布。請修改後重新送出。",
    "answered": "已有人處理。",
    "too_costly": "本月 LINE 剩下的則數要留給「尚無刷卡紀錄」和更正，不夠發送，所以沒有公布。"
    "請退回，再用網頁寫一則不發送的公告，家長開啟時就看得到。",
}
Step = Callable[[Session, UUID, str, datetime], None]
MOVES: dict[str, Step] = {"archive": archive_announcement, "restore": restore_announcement}
VersionStep = Callable[[Session, UUID, int, str, datetime], None]
ANSWERS: dict[str, VersionStep] = {"confirm": publish_version, "decline": decline_version}


@dataclass(frozen=True, slots=True)
class AnnouncementLine:
    """An announcement in the list."""

    id: UUID
    title: str
    detail: str
    mark: str
    word: str


@dataclass(frozen=True, slots=True)
class Past:
    """One act in an announcement's history."""

    when: str
    who: str
    what: str


@staff
def list_announced() -> ResponseReturnValue:
    """List what this desk may write, twenty at a time."""
    visit = current_visit()
    is_past, skip = request.args.get("tab") == "past", skipped()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        if not audience_options(database, desk):
            raise AccessError(OUT_OF_ROLE, 403)
        found = list_written(database, desk.roles, archived=is_past, skip=skip, most=A_PAGE + 1)
        lines = [_line(database, one, visit.now) for one in found[:A_PAGE]]
    return render_template(
        "staff/announcements.html",
        desk=desk,
        lines=lines,
        is_past=is_past,
        skip=skip,
        next_skip=skip + A_PAGE if len(found) > A_PAGE else None,
    )


@staff
@proved_recently
def show_announcement(announcement_id: UUID) -> ResponseReturnValue:
    """Show one announcement, its history, and what can be done now."""
    return _render(current_visit(), announcement_id, request.args.get("note", ""))


@staff
@proved_recently
def answer_announcement(announcement_id: UUID) -> ResponseReturnValue:
    """Take the asked step; of two people who press at once, one hears that it is answered."""
    visit, answer = current_visit(), request.form.get("answer", "")
    if answer not in ANSWERS and answer not in MOVES:
        raise AccessError("no_such_answer")
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            _, writer = open_written(database, desk, announcement_id)
            by = f"staff:{writer.id}"
            if answer in MOVES:
                MOVES[answer](database, announcement_id, by, visit.now)
            else:
                number = asked_version("number")
                ANSWERS[answer](database, announcement_id, number, by, visit.now)
                _tell(database, visit, announcement_id, writer, is_sent=answer == "confirm")
    except InputError as error:
        if not _is_repeated(visit, announcement_id, answer):
            return _render(visit, announcement_id, fault=REFUSALS[error.code]), 422
    visit.house.notices_due.set()
    page = url_for(
        "liff.show_announcement", announcement_id=announcement_id, school=desk.param, note=answer
    )
    return redirect(page, 303)


def _is_repeated(visit: Visit, announcement_id: UUID, answer: str) -> bool:
    """Tell whether this very person took this very step last: the reply was lost."""
    act = f"announcement.{RECORDED.get(answer, answer)}"
    with snapshot(visit.house.engine) as database:
        return did_last(database, visit.actors, act, f"announcement:{announcement_id}")


def asked_version(field: str) -> int:
    """Return the number of a version as the form says it; 0, which none has, for anything else."""
    return whole_number(request.form.get(field, ""), MOST_VERSIONS) or 0


def open_written(
    database: Session, desk: Desk, announcement_id: UUID
) -> tuple[Announcement, Staff]:
    """Return an announcement and the role that may write it. Raises AccessError 404 for others'."""
    announcement = get_announcement(database, announcement_id)
    writer = writer_of(desk.roles, Audience.of(announcement))
    if writer is None:
        raise AccessError("no_such_announcement")
    return announcement, writer


def _tell(
    database: Session, visit: Visit, announcement_id: UUID, by: Staff, *, is_sent: bool
) -> None:
    """Send what goes out as a message too, and tell its writer how it was decided."""
    settings = visit.house.settings
    sent = send_out(database, settings, announcement_id, visit.now) if is_sent else None
    desk, vault = staff_desk(settings), visit.house.vault
    tell_answered(database, desk, vault, announcement_id, by, sent, visit.now)


def _line(database: Session, written: Written, now: datetime) -> AnnouncementLine:
    mark, word = STANDINGS[standing_of(written, now)]
    label = audience_label(database, Audience.of(written.announcement))
    when = short_moment(written.newest.written_at)
    return AnnouncementLine(
        written.announcement.id, written.newest.title, f"{label}・{when}", mark, word
    )


def _render(visit: Visit, announcement_id: UUID, note: str = "", fault: str = "") -> str:
    reserve = visit.house.settings.line_quota_reserve
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        announcement, _ = open_written(database, desk, announcement_id)
        versions = versions_of(database, announcement_id)
        audience, newest = Audience.of(announcement), versions[0]
        standing = standing_of(Written(announcement, newest), visit.now)
        is_own = any(are_one_person(database, newest.written_by, one) for one in visit.actors)
        is_waiting = standing in (Standing.WAITING, Standing.CHANGING)
        page = {
            "label": audience_label(database, audience),
            "reach": reach_of(database, audience),
            "cost": cost_of(database, audience, reserve, visit.now) if newest.is_pushed else None,
            "is_own": is_own,
            "is_over": is_of_past_year(announcement, visit.now),
            "alone": _alone(database, visit, audience) if is_own and is_waiting else "",
            "history": _history(database, visit, announcement_id),
            "one": _as_read(database, visit, announcement, newest),
            "earlier": [_as_read(database, visit, announcement, one) for one in versions[1:]],
        }
    mark, word = STANDINGS[standing]
    return render_template(
        "staff/announcement.html",
        desk=desk,
        announcement=announcement,
        number=newest.number,
        standing=standing,
        mark=mark,
        word=word,
        starts=day_and_clock(announcement.shown_from) if announcement.shown_from else "",
        wished=day_and_clock(newest.publish_from) if newest.publish_from > visit.now else "",
        hotline=phone_link(visit.house.settings.hotline),
        hours=int(GOOD_FOR.total_seconds() // 3600),
        note=note,
        fault=fault,
        **page,
    )


def _alone(database: Session, visit: Visit, audience: Audience) -> str:
    """Return what to know where nobody else may confirm; nothing where somebody may."""
    own = visit.roles[0].line_user_id
    if any(one.line_user_id != own for one in publishers_of(database, audience)):
        return ""
    hotline = visit.house.settings.hotline
    return "".join(alone_words(visit.roles, audience.school_code, hotline))


def _as_read(
    database: Session, visit: Visit, announcement: Announcement, version: AnnouncementVersion
) -> Announced:
    text, at = text_of(version), announcement.shown_from or visit.now
    shown = shown_as(database, Audience.of(announcement), text, at, announcement.id)
    return announced(shown, visit.now)


def _history(database: Session, visit: Visit, announcement_id: UUID) -> list[Past]:
    return [
        Past(
            short_moment(one.at),
            actor_words(database, visit.house.vault, one.actor),
            ACTS.get(one.action, ""),
        )
        for one in history_of(database, announcement_id)
    ]
