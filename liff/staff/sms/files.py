"""匯入回條檔案: a file of slips is looked through, shown, and taken over whole or not at all."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError
from core.order_files.columns import CHINESE, OPTIONAL
from core.order_files.held import (
    GOOD_FOR,
    HeldSlips,
    count_taken,
    hold_slips,
    look_at_slips,
    take_slips,
)
from core.order_files.slips import (
    Draft,
    Matched,
    Slip,
    draft_slips,
    match_slips,
    place_slips,
    read_slips,
)
from core.order_files.words import say
from core.people.contacts import ContactSlot, masked
from core.people.names import clean_line
from core.roster.apart import MOST_BYTES, MOST_ROWS, read_sheet_apart
from core.roster.faults import RosterError, refuse
from liff.guard import proved_recently, staff
from liff.numbers import whole_number
from liff.staff.desk import note_look
from liff.staff.sms import lines
from liff.staff.sms.access import OrderDesk
from liff.staff.sms.slips import open_slip_desk
from liff.visit import Visit, current_visit

# More lines than anybody reads at once; the count is told in full.
MOST_SHOWN = 60
A_PAGE = 50
LAST_PAGE = 999
NOTES = {
    "dropped": "已放棄這個檔案，沒有寫入任何資料。",
    "over": "這個檔案已經放棄，或超過時間，請重新傳檔案。",
}


@staff
@proved_recently
def show_sms_file() -> ResponseReturnValue:
    """Show what to send; or what was just taken over."""
    visit = current_visit()
    count = whole_number(request.args.get("taken", ""), MOST_ROWS)
    note = (
        f"已匯入 {count} 筆，等候審核。" if count else NOTES.get(request.args.get("note", ""), "")
    )
    return _render_form(visit, note=note, is_good=bool(count))


@staff
@proved_recently
def send_sms_file() -> ResponseReturnValue:
    """Look through the file; hold it where nothing is wrong, else say all that is."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        open_slip_desk(database, visit)
    try:
        slips, name = _read()
        with snapshot(visit.house.engine) as database:
            desk, plan = open_slip_desk(database, visit)
            _match(database, visit, desk, plan.id, slips)
        with transaction(visit.house.engine) as database:
            held = HeldSlips(desk.school.code, plan.id, name, slips, visit.now + GOOD_FOR)
            slips_id = hold_slips(database, visit.house.vault, held, by=_by(desk), now=visit.now)
    except RosterError as refused:
        return _render_form(visit, refused=refused), 422
    href = url_for("liff.show_sms_file_check", slips_id=slips_id, school=desk.desk.param)
    return redirect(href, 303)


@staff
@proved_recently
def show_sms_file_check(slips_id: UUID) -> ResponseReturnValue:
    """Show whom the file names and what for; nothing is written yet."""
    visit = current_visit()
    try:
        with snapshot(visit.house.engine) as database:
            desk, _plan = open_slip_desk(database, visit)
            held = look_at_slips(database, visit.house.vault, slips_id, visit.actors, visit.now)
            if held is None or held.school_code != desk.school.code:
                return _lead_back(desk, "over", _taken_before(database, visit, desk, slips_id))
            matched = _match(database, visit, desk, held.plan_id, held.slips)
    except RosterError as refused:
        return _render_form(visit, refused=refused), 422
    return _render_check(visit, desk, slips_id, held, matched)


@staff
@proved_recently
def answer_sms_file(slips_id: UUID) -> ResponseReturnValue:
    """Take the file over whole, once, or forget it."""
    visit, answer = current_visit(), request.form.get("answer", "")
    if answer not in ("take", "drop"):
        raise AccessError("no_such_answer")
    note, taken = "dropped", 0
    try:
        drafts = _drafts(visit, slips_id) if answer == "take" else []
        with transaction(visit.house.engine) as database:
            desk, _plan = open_slip_desk(database, visit)
            held = take_slips(database, visit.house.vault, slips_id, visit.actors, visit.now)
            if held is None or held.school_code != desk.school.code:
                note, taken = "over", _taken_before(database, visit, desk, slips_id)
            elif answer == "take":
                taken = place_slips(database, drafts, held.plan_id, by=_by(desk), now=visit.now)
    except RosterError as refused:
        return _render_form(visit, refused=refused), 422
    visit.house.notices_due.set()
    return _lead_back(desk, note, taken)


def _lead_back(desk: OrderDesk, note: str, taken: int) -> ResponseReturnValue:
    """Say what became of the file, on the page for the next one."""
    page = partial(url_for, "liff.show_sms_file", school=desk.desk.param)
    return redirect(page(taken=taken) if taken else page(note=note), 303)


def _taken_before(database: Session, visit: Visit, desk: OrderDesk, slips_id: UUID) -> int:
    return count_taken(database, slips_id, visit.actors, desk.school.code)


def _drafts(visit: Visit, slips_id: UUID) -> list[Draft]:
    """Return the orders of a held file, made before anybody waits for their being written."""
    vault = visit.house.vault
    with snapshot(visit.house.engine) as database:
        desk, _plan = open_slip_desk(database, visit)
        held = look_at_slips(database, vault, slips_id, visit.actors, visit.now)
        if held is None or held.school_code != desk.school.code:
            return []
        try:
            matched = _match(database, visit, desk, held.plan_id, held.slips)
        except RosterError:
            # Pressed twice, the rows were taken between the two looks.
            if _taken_before(database, visit, desk, slips_id):
                return []
            raise
    return draft_slips(vault, matched, plan_id=held.plan_id, by=_by(desk), now=visit.now)


def _by(desk: OrderDesk) -> str:
    return f"staff:{desk.require_reviewer().id}"


def _match(
    database: Session, visit: Visit, desk: OrderDesk, plan_id: UUID, slips: Sequence[Slip]
) -> list[Matched]:
    code = desk.school.code
    return match_slips(database, visit.house.vault, slips, school_code=code, plan_id=plan_id)


def _read() -> tuple[list[Slip], str]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise refuse("no_file")
    with sent.stream as stream:
        # One more than allowed tells that there is more.
        data = stream.read(MOST_BYTES + 1)
    return read_slips(read_sheet_apart(data, sent.filename)), clean_line(sent.filename) or "回條"


def _render_check(
    visit: Visit, desk: OrderDesk, slips_id: UUID, held: HeldSlips, matched: list[Matched]
) -> str:
    last_page = max(1, -(-len(matched) // A_PAGE))
    page = min(whole_number(request.args.get("page", ""), LAST_PAGE) or 1, last_page)
    part = matched[(page - 1) * A_PAGE : page * A_PAGE]
    note_look(visit, desk.desk, f"orders:{desk.school.code}", [one.student.id for one in part])
    counts = [(lines.ITEM_WORDS[item], _count(matched, item)) for item in lines.ITEM_WORDS]
    param = desk.desk.param
    return render_template(
        "staff/sms_file_check.html",
        desk=desk.desk,
        slips_id=slips_id,
        file_name=held.file_name,
        counts=[("回條", len(matched)), *counts],
        lines=[_line(one) for one in part],
        page=page,
        last_page=last_page,
        page_href=lambda number: url_for(
            "liff.show_sms_file_check", slips_id=slips_id, school=param, page=number
        ),
        until=taipei_clock(held.until),
    )


def _count(matched: list[Matched], item: str) -> int:
    return sum(one.slip.items == item for one in matched)


def _line(one: Matched) -> dict[str, str]:
    slip = one.slip
    paid = f"已收 {slip.prepaid} 元（收據 {slip.receipt}）" if slip.prepaid else "還沒有繳費"
    return {
        "name": one.student.name,
        "place": f"{lines.place_of(one.student)} 號・{one.student.student_number}",
        "what": lines.ITEM_WORDS[slip.items],
        "phone": masked(ContactSlot.PHONE, slip.phone),
        "paid": paid,
    }


def _render_form(
    visit: Visit, *, refused: RosterError | None = None, note: str = "", is_good: bool = False
) -> str:
    with snapshot(visit.house.engine) as database:
        desk, plan = open_slip_desk(database, visit)
    faults = refused.faults if refused else []
    return render_template(
        "staff/sms_file.html",
        desk=desk.desk,
        plan=plan,
        faults=[say(one) for one in faults[:MOST_SHOWN]],
        is_file=bool(faults) and faults[0].row is None,
        count=len(faults),
        most=MOST_SHOWN,
        limits=(MOST_BYTES // 1_000_000, f"{MOST_ROWS:,}"),
        minutes=int(GOOD_FOR.total_seconds() // 60),
        columns="、".join(
            f"{word}（可省略）" if column in OPTIONAL else word for column, word in CHINESE.items()
        ),
        items="到校、離校，或到校和離校",
        note=note,
        is_good=is_good,
    )
