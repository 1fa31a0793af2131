"""匯出: a day or a week as a file. LINE's own browser keeps no files, so a link opens another."""

import io
from datetime import date, timedelta

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from core.attendance.export import WRITERS, file_name
from core.attendance.reports import school_today
from core.attendance.sheets import record_download, sheet
from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError
from core.languages.dates import long_date
from core.notices.staff_words import class_words
from core.people.staff import can_run_school
from core.people.tables import Staff
from liff.guard import open_to_all, proved_recently, staff
from liff.moments import parse_day
from liff.signed import GOOD_FOR
from liff.staff.desk import open_desk
from liff.staff.sheet_link import SheetOrder, open_order, seal_order
from liff.visit import Visit, current_visit

MIME_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
KINDS = {"day": "一天", "week": "一週（週一到週日）"}


@staff
@proved_recently
def show_export() -> ResponseReturnValue:
    """Show what can be taken out, and the link once everything is chosen."""
    visit = current_visit()
    today = school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        homerooms = [one.homeroom for one in school_today(database, school.code, visit.now)]
    chosen = {name: request.args.get(name, "") for name in ("kind", "format", "homeroom")}
    day = min(parse_day(request.args.get("day", "")) or today, today)
    is_chosen = chosen["kind"] in KINDS and chosen["format"] in WRITERS
    order = None
    if is_chosen and chosen["homeroom"] in ("", *homerooms):
        span = _span(chosen["kind"], day)
        order = SheetOrder(
            desk.roles[0].id, school.code, *span, chosen["homeroom"], chosen["format"]
        )
    return render_template(
        "staff/export.html",
        desk=desk,
        link=_link(visit, order) if order else "",
        what=_words(order) if order else "",
        until=taipei_clock(visit.now + GOOD_FOR),
        kinds=[(*one, "") for one in KINDS.items()],
        chosen=chosen,
        day=day,
        today=today,
        homerooms=[(one, class_words(one)) for one in homerooms],
    )


@open_to_all
def download(token: str) -> ResponseReturnValue:
    """Hand out the sheet a link was made for, while it is good and its maker still may."""
    visit = current_visit()
    order = open_order(visit.house.settings, token, visit.now)
    with snapshot(visit.house.engine) as database:
        asker = database.get(Staff, order.staff_id)
        if asker is None or not can_run_school(asker, order.school_code):
            raise AccessError("sheet_over", 410)
        rows = sheet(
            database,
            order.school_code,
            order.first,
            order.last,
            order.homeroom or None,
            now=visit.now,
        )
    with transaction(visit.house.engine) as database:
        span = (order.school_code, order.first, order.last, order.homeroom)
        record_download(database, rows, span, by=f"staff:{order.staff_id}", now=visit.now)
    return send_file(
        # Made outside any transaction: a large school's sheet takes seconds.
        io.BytesIO(WRITERS[order.extension](rows)),
        mimetype=MIME_TYPES[order.extension],
        as_attachment=True,
        download_name=file_name(order.school_code, order.first, order.last, order.extension),
    )


def _span(kind: str, day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return (day, day) if kind == "day" else (monday, monday + timedelta(days=6))


def _link(visit: Visit, order: SheetOrder) -> str:
    token = seal_order(visit.house.settings, order, visit.now)
    # LINE opens this address in the phone's own browser, where nobody is signed in.
    path = url_for("liff.download", token=token, openExternalBrowser=1)
    return f"{visit.house.settings.base_url.rstrip('/')}{path}"


def _words(order: SheetOrder) -> str:
    days = long_date(order.first)
    if order.first != order.last:
        days += f"–{long_date(order.last)}"
    whose = class_words(order.homeroom) if order.homeroom else "全校"
    return f"{days}・{whose}・{order.extension.upper()}"
