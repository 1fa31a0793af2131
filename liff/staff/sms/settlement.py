"""The settlement as a file, fetched by a link in a browser where nobody is signed in."""

import io
from collections.abc import Collection
from uuid import UUID

from flask import send_file
from flask.typing import ResponseReturnValue

from core.audit import record_audit
from core.db import snapshot, transaction
from core.errors import AccessError
from core.order_files.settlement import file_name, settlement, to_csv, to_xlsx
from core.orders.plan_book import get_plan
from core.people.looks import record_looks
from core.people.staff import can_run_school, can_take_money
from core.people.tables import Staff
from liff.guard import open_to_all
from liff.staff.export import MIME_TYPES
from liff.staff.sms.links import SettlementLink, open_settlement
from liff.visit import Visit, current_visit

FORMATS = {"xlsx": to_xlsx, "csv": to_csv}


@open_to_all
def download_sms_settlement(token: str) -> ResponseReturnValue:
    """Hand out the file a link was made for, while it is good and its maker still may."""
    visit = current_visit()
    link = open_settlement(visit.house.settings, token, visit.now)
    code = link.school_code
    with snapshot(visit.house.engine) as database:
        asker = database.get(Staff, link.staff_id)
        if asker is None or not (can_run_school(asker, code) or can_take_money(asker, code)):
            raise AccessError("sheet_over", 410)
        plan = get_plan(database, link.plan_id)
        found = settlement(database, visit.house.vault, plan, code)
    _record(visit, link, {one.student.id for one, _ in found})
    return send_file(
        io.BytesIO(FORMATS[link.extension]([row for _, row in found])),
        mimetype=MIME_TYPES[link.extension],
        as_attachment=True,
        download_name=file_name(code, plan, link.extension),
    )


def _record(visit: Visit, link: SettlementLink, students: Collection[UUID]) -> None:
    actor, subject = f"staff:{link.staff_id}", f"settlement:{link.school_code}/{link.plan_id}"
    with transaction(visit.house.engine) as database:
        record_looks(database, actor=actor, students=students, now=visit.now)
        record_audit(database, actor=actor, action="sheet.download", subject=subject, now=visit.now)
