"""匯入辦公日曆: the government's file, checked, its differences shown, then written as a whole."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.effects import WHOLE_CITY, DayTurn, turns_of
from core.calendar.office import (
    Counts,
    OfficeFileError,
    OfficeRow,
    compare_office_days,
    import_office_days,
    read_office_file,
)
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.languages.dates import long_date, plain_date
from core.settings import Settings
from liff.guard import staff
from liff.signed import read_signed, sign
from liff.staff.desk import Desk, open_any_desk
from liff.visit import Visit, current_visit

SALT = "liff.office_file"
MOST_SHOWN = 80
LONGEST_NAME = 60
FAULTS = {
    "missing": "請選擇檔案",
    "too_big": "檔案太大，請選辦公日曆的 CSV 檔",
    "page": "這是網頁，不是檔案。請到 data.gov.tw 重新下載",
    "encoding": "看不出編碼，請另存成 CSV（UTF-8 或 Big5）",
    "not_csv": "有一個引號沒有結束",
    "header": "第一列應是 西元日期,星期,是否放假,備註。請確認是不是辦公日曆",
    "empty": "檔案裡沒有資料列",
    "columns": "應該有 4 欄",
    "date": "日期看不懂，應像 20260101",
    "weekday": "星期和日期不合",
    "flag": "是否放假應是 0 或 2",
    "duplicate": "這一天重複了",
    "gap": "從這一天起少了日子",
}


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A file that was chosen: its name and what is in it."""

    name: str
    data: bytes


@staff
def show_office_import() -> ResponseReturnValue:
    """Ask for the file."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        return _render(_open(database, visit))


@staff
def send_office_import() -> ResponseReturnValue:
    """Check the file and show what differs; sent from there, write it as a whole."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = _open(database, visit)
        file = _kept_file(visit.house.settings) or _uploaded_file()
        if file is None:
            return _render(desk, [FAULTS["missing"]]), 422
        try:
            rows = read_office_file(file.data)
        except OfficeFileError as error:
            problems = [_fault(one.line, one.code, one.found) for one in error.faults]
            return _render(desk, problems), 422
        news, counts = compare_office_days(database, rows)
        seen = _fingerprint(news)
        if request.form.get("seen") != seen:
            return _preview(database, visit, desk, file, rows, counts, seen)
        import_office_days(database, file.data, file_name=file.name, by=desk.actor, now=visit.now)
    return redirect(url_for("liff.show_calendar", note="imported"), 303)


def _open(database: Session, visit: Visit) -> Desk:
    """Return the city's desk. Raises AccessError 403 for whoever is not of the bureau."""
    desk = open_any_desk(database, visit)
    desk.require_bureau()
    return desk


def _uploaded_file() -> OfficeFile | None:
    upload = request.files.get("file")
    data = upload.read() if upload else b""
    if upload is None or not data:
        return None
    return OfficeFile((upload.filename or "")[-LONGEST_NAME:], data)


def _kept_file(settings: Settings) -> OfficeFile | None:
    """Return the file a preview carries along. Raises AccessError 404 for a forged one."""
    kept = request.form.get("kept", "")
    if not kept:
        return None
    return read_signed(settings, SALT, kept, _read_file, missing="no_such_file")


def _read_file(whole: Any) -> OfficeFile:
    name, text = whole
    return OfficeFile(name, text.encode("latin-1"))


def _preview(
    database: Session,
    visit: Visit,
    desk: Desk,
    file: OfficeFile,
    rows: list[OfficeRow],
    counts: Counts,
    seen: str,
) -> str:
    def change() -> None:
        import_office_days(database, file.data, file_name=file.name, by=desk.actor, now=visit.now)

    turns = turns_of(database, WHOLE_CITY, rows[0].day, rows[-1].day, change)
    today = school_day_of(visit.now)
    return render_template(
        "staff/office_preview.html",
        desk=desk,
        span=f"{plain_date(rows[0].day)}–{plain_date(rows[-1].day)}",
        name=file.name,
        counts=counts,
        turns=[_turn(one) for one in turns[:MOST_SHOWN]],
        more=max(len(turns) - MOST_SHOWN, 0),
        begun=sum(one.day <= today for one in turns),
        is_again="seen" in request.form,
        # Dense and signed: what is written is what was checked.
        kept=sign(visit.house.settings, SALT, [file.name, file.data.decode("latin-1")]),
        seen=seen,
    )


def _turn(one: DayTurn) -> tuple[str, str, str]:
    what = "放假 → 上課" if one.after.is_open else "上課 → 放假"
    reason = one.after.reason
    return long_date(one.day), what, f"（{reason}）" if reason else ""


def _fault(line: int | None, code: str, found: str) -> str:
    where = f"第 {line} 列：" if line else ""
    return f"{where}{FAULTS[code]}{f'（{found}）' if found else ''}"


def _fingerprint(news: list[OfficeRow]) -> str:
    """Return what changes when somebody else has imported since the preview."""
    return sha256(repr(news).encode()).hexdigest()


def _render(desk: Desk, problems: list[str] | None = None) -> str:
    shown = (problems or [])[:MOST_SHOWN]
    return render_template(
        "staff/office_import.html",
        desk=desk,
        problems=shown,
        more=len(problems or []) - len(shown),
    )
