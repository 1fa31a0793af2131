"""刷卡機: how each reader is; the bureau adds, rotates and revokes."""

from collections.abc import Callable
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.gate.health import all_readers, live_readers, reader_states
from core.gate.readers import (
    MAX_GATE,
    add_reader,
    finish_rotation,
    next_secret_seen_at,
    revoke_reader,
    rotate_secret,
)
from core.gate.tables import Reader
from core.kinds import Direction
from core.people.one_time import keep_text
from core.people.tables import School
from liff.guard import proved_recently, staff
from liff.staff.desk import Desk, open_any_desk
from liff.staff.reader_lines import DIRECTIONS, ReaderLine, reader_line
from liff.visit import Visit, current_visit

REFUSALS = {
    "rotating": "已經有下一組密鑰了。",
    "not_rotating": "還沒有下一組密鑰。",
    "unseen": "刷卡機還沒有用過新的密鑰，現在停用舊的，它就連不上。請先裝好新的；"
    "確定要停用，請勾選「還沒用過也要停用」。",
    "revoked": "這台刷卡機已經停用。",
}


@staff
def show_readers() -> ResponseReturnValue:
    """Show the school's readers; for the whole city those that are in trouble."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_watcher()
        lines, well = _lines(database, visit, desk)
    return render_template(
        "staff/readers.html",
        desk=desk,
        lines=lines,
        well=well,
        note=request.args.get("note", ""),
    )


@staff
@proved_recently
def show_new_reader() -> ResponseReturnValue:
    """Ask where the new reader stands."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = _open_for_change(database, visit)
        desk.get_school()
    return _render_new(desk, "", Direction.BOTH, {})


@staff
@proved_recently
def send_new_reader() -> ResponseReturnValue:
    """Register the reader; its id and secret are shown once."""
    visit = current_visit()
    gate, typed = request.form.get("gate", "").strip(), request.form.get("direction", "")
    faults = {} if 0 < len(gate) <= MAX_GATE else {"gate": f"請填位置，最多 {MAX_GATE} 個字"}
    if typed not in set(Direction):
        faults["direction"] = "請選擇方向"
    with transaction(visit.house.engine) as database:
        desk = _open_for_change(database, visit)
        school = desk.get_school()
        if faults:
            return _render_new(desk, gate, typed, faults), 422
        reader, secret = add_reader(
            database,
            visit.house.vault,
            school_code=school.code,
            gate=gate,
            direction=Direction(typed),
            now=visit.now,
            by=desk.actor,
        )
        text_id = _keep(database, visit, desk, reader, "reader", secret)
    return redirect(url_for("liff.ask_shown_once", text_id=text_id), 303)


@staff
@proved_recently
def ask_rotate(reader_id: UUID) -> ResponseReturnValue:
    """Show where the change of secrets stands, and its next step."""
    return _render_one(reader_id, "staff/rotate_reader.html")


@staff
@proved_recently
def send_rotate(reader_id: UUID) -> ResponseReturnValue:
    """Make the next secret, which is shown once, or drop the old one."""
    visit, step = current_visit(), request.form.get("step", "")
    try:
        with transaction(visit.house.engine) as database:
            desk = _open_for_change(database, visit)
            reader = _own_reader(database, desk, reader_id)
            if step == "finish":
                is_sure = "unseen" in request.form
                finish_rotation(database, reader_id, by=desk.actor, now=visit.now, unseen=is_sure)
                return redirect(_list(reader, "finished"), 303)
            secret = rotate_secret(
                database,
                visit.house.vault,
                reader_id,
                by=desk.actor,
                now=visit.now,
                again=step == "again",
            )
            text_id = _keep(database, visit, desk, reader, "next", secret)
    except InputError as error:
        return _render_one(reader_id, "staff/rotate_reader.html", REFUSALS[error.code]), 422
    return redirect(url_for("liff.ask_shown_once", text_id=text_id), 303)


@staff
@proved_recently
def ask_revoke_reader(reader_id: UUID) -> ResponseReturnValue:
    """Ask once, saying what follows."""
    return _render_one(reader_id, "staff/revoke_reader.html")


@staff
@proved_recently
def send_revoke_reader(reader_id: UUID) -> ResponseReturnValue:
    """Refuse the reader from its next request on."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = _open_for_change(database, visit)
            reader = _own_reader(database, desk, reader_id)
            revoke_reader(database, reader_id, by=desk.actor, now=visit.now)
    except InputError as error:
        return _render_one(reader_id, "staff/revoke_reader.html", REFUSALS[error.code]), 422
    return redirect(_list(reader, "revoked"), 303)


def _open_for_change(database: Session, visit: Visit) -> Desk:
    desk = open_any_desk(database, visit)
    desk.require_bureau()
    return desk


def _own_reader(database: Session, desk: Desk, reader_id: UUID) -> Reader:
    """Return the reader of the desk's school, or of any from the city's. Raises AccessError 404."""
    reader = database.get(Reader, reader_id)
    is_here = reader is not None and desk.school in (None, database.get(School, reader.school_code))
    if reader is None or not is_here:
        raise AccessError("no_such_reader")
    return reader


def _keep(
    database: Session, visit: Visit, desk: Desk, reader: Reader, kind: str, secret: str
) -> UUID:
    school = database.get_one(School, reader.school_code)
    facts = {
        "kind": kind,
        "id": str(reader.id),
        "secret": secret,
        "gate": reader.gate,
        "place": school.short_name,
        "school": school.code,
    }
    return keep_text(database, visit.house.vault, facts, by=desk.actor, now=visit.now)


def _list(reader: Reader, note: str) -> str:
    return url_for("liff.show_readers", school=reader.school_code, note=note)


def _lines(database: Session, visit: Visit, desk: Desk) -> tuple[list[ReaderLine], int]:
    """Return the readers to show, those in trouble first, and how many more are well."""
    code = desk.code
    find: Callable[..., list[Reader]] = all_readers if desk.is_bureau and code else live_readers
    states = reader_states(database, find(database, code), visit.now)
    lines = [reader_line(database, state, visit.now, is_city=code is None) for state in states]
    troubled = [line for line in lines if line.mark != "arrived"]
    well = [line for line in lines if line.mark == "arrived"]
    shown = troubled if code is None else troubled + well
    ended = [line for line in shown if not line.is_live]
    return [line for line in shown if line.is_live] + ended, len(well)


def _render_new(desk: Desk, gate: str, direction: str, faults: dict[str, str]) -> str:
    return render_template(
        "staff/new_reader.html",
        desk=desk,
        gate=gate,
        direction=direction,
        directions=[(value.value, word, "") for value, word in DIRECTIONS.items()],
        faults=faults,
        longest=MAX_GATE,
    )


def _render_one(reader_id: UUID, template: str, fault: str = "") -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = _open_for_change(database, visit)
        reader = _own_reader(database, desk, reader_id)
        (state,) = reader_states(database, [reader], visit.now)
        line = reader_line(database, state, visit.now, is_city=True)
        seen = reader.next_secret_sealed and next_secret_seen_at(database, reader_id)
    return render_template(
        template,
        desk=desk,
        line=line,
        has_next=reader.next_secret_sealed is not None,
        is_seen=bool(seen),
        fault=fault,
    )
