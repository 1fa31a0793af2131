"""What is wrong with a file of slips, in the words of whoever corrects it (zh-TW)."""

from core.order_files.columns import CHINESE, SlipColumn
from core.roster.faults import Fault
from core.roster.words import FILE_WORDS

ROW_WORDS = {
    "missing": "必填欄位是空的",
    "entry_year": "入學學年度應是民國年，例如 115",
    "items": "請寫「到校」、「離校」或「到校和離校」",
    "phone": "手機應是 09 開頭的 10 碼",
    "amount": "金額應是 0–9999 的整數",
    "receipt": "收據號碼最多 20 個字，不能有特殊符號",
    "receipt_missing": "有已收金額，請填收據號碼",
    "prepaid_missing": "有收據號碼，請填已收金額",
    "no_such_child": "查無這個學號，或已不在學",
    "twins": "有兩位學生使用這個學號，請加上入學學年度",
    "twice": "重複，第 {found} 列也是這位學生和這支手機",
    "ordered": "這位學生這學期已經用這支手機訂購",
    "column_twice": "這個欄名出現兩次",
    "too_late": "服務期間已沒有可以發送的日子",
    "closed": "這個學期已結算，不能再訂購",
    "not_enrolled": "查無這個學號，或已不在學",
}


def say(fault: Fault) -> str:
    """Return one line: 第 8 列、手機：手機應是 09 開頭的 10 碼."""
    words = (ROW_WORDS.get(fault.code) or FILE_WORDS[fault.code]).format(found=fault.found)
    if fault.row is None:
        return words
    column = f"、{CHINESE[SlipColumn(fault.column)]}" if fault.column else ""
    return f"第 {fault.row} 列{column}：{words}"
