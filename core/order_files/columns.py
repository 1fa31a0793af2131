"""The columns of a file of paper slips and their headings."""

from enum import StrEnum


class SlipColumn(StrEnum):
    """What a column holds; the value is its English heading."""

    STUDENT_NUMBER = "student_number"
    ENTRY_YEAR = "entry_year"
    ITEMS = "items"
    PHONE = "phone"
    PREPAID = "prepaid"
    RECEIPT = "receipt"


CHINESE = {
    SlipColumn.STUDENT_NUMBER: "學號",
    SlipColumn.ENTRY_YEAR: "入學學年度",
    SlipColumn.ITEMS: "項目",
    SlipColumn.PHONE: "手機",
    SlipColumn.PREPAID: "已收金額",
    SlipColumn.RECEIPT: "收據號碼",
}
OPTIONAL = frozenset({SlipColumn.ENTRY_YEAR, SlipColumn.PREPAID, SlipColumn.RECEIPT})
