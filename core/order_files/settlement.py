"""A school's semester as a sheet, an order a row: names and sums, nobody's number."""

import csv
import io
from collections.abc import Sequence

import xlsxwriter  # type: ignore[import-untyped]  # ships no types
from sqlmodel import Session

from core.attendance.export import harmless
from core.clock import school_day_of
from core.crypto import Vault
from core.orders.accounts import OrderAccount, accounts_for
from core.orders.listing import Filters, Listed, all_orders
from core.orders.plans import Items
from core.orders.tables import SmsPlan
from core.people.guardians import guardian_name
from core.people.names import masked_name

# Names of the columns, with their widths in characters.
COLUMNS = {
    "班級": 8,
    "座號": 6,
    "學號": 12,
    "姓名": 14,
    "申請人": 12,
    "項目": 12,
    "狀態": 12,
    "生效日": 12,
    "到校成功": 10,
    "離校成功": 10,
    "失敗": 8,
    "等待回報": 10,
    "費用": 8,
    "已收": 8,
    "收據號碼": 14,
    "可退": 8,
    "不足": 8,
}
ITEM_WORDS = {Items.ARRIVAL: "到校", Items.DEPARTURE: "離校", Items.BOTH: "到校和離校"}
Cell = str | int


def settlement(
    session: Session, vault: Vault, plan: SmsPlan, school_code: str
) -> list[tuple[Listed, tuple[Cell, ...]]]:
    """Return a school's orders of a plan with their rows, by class and seat; only reads."""
    found = all_orders(session, school_code, Filters(plan_id=plan.id))
    accounts = accounts_for(session, [one.order for one in found]) if found else {}
    return [(one, _cells(vault, one, accounts[one.order.id])) for one in found]


def to_csv(rows: Sequence[tuple[Cell, ...]]) -> bytes:
    """Return the sheet with a byte-order mark, without which Excel takes UTF-8 for Big5."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Sequence[tuple[Cell, ...]]) -> bytes:
    """Return the sheet as a workbook: sums are numbers, all else is text."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        page = book.add_worksheet("簡訊結算")
        as_text = book.add_format({"num_format": "@"})
        page.freeze_panes(1, 0)
        for at, width in enumerate(COLUMNS.values()):
            page.set_column(at, at, width)
        for line, row in enumerate([tuple(COLUMNS), *rows]):
            for at, cell in enumerate(row):
                if isinstance(cell, int):
                    page.write_number(line, at, cell)
                else:
                    page.write_string(line, at, cell, as_text)
    return content.getvalue()


def file_name(school_code: str, plan: SmsPlan, extension: str) -> str:
    """Return 簡訊結算_353607_115-1.xlsx."""
    return f"簡訊結算_{school_code}_{plan.school_year}-{plan.term}.{extension}"


def _cells(vault: Vault, one: Listed, account: OrderAccount) -> tuple[Cell, ...]:
    order, child = one.order, one.student
    effective = school_day_of(order.effective_from) if order.effective_from else None
    return (
        child.homeroom,
        child.seat_number,
        child.student_number,
        child.name,
        _applicant(vault, one),
        ITEM_WORDS[Items(order.items)],
        order.state,
        f"{effective:%Y/%m/%d}" if effective else "",
        account.arrivals,
        account.departures,
        account.failed,
        account.pending,
        account.fee,
        account.prepaid,
        order.receipt_number or "",
        account.refund,
        account.shortfall,
    )


def _applicant(vault: Vault, one: Listed) -> str:
    if one.guardian is None:
        return "學校"
    if one.guardian.erased_at is not None:
        return "家長"
    return masked_name(guardian_name(vault, one.guardian))
