"""What the next text messages shall suffer: refusals, late, doubled or strange receipts."""

from dataclasses import dataclass

from sandbox.sms.codes import ARRIVED, REFUSALS, STATES
from sandbox.wire.planned import PlannedRows, is_count

_ROW_KEYS = {"to", "answer", "receipts", "count"}
_RECEIPT_KEYS = {"after_seconds", "flag", "copies", "msgid"}


@dataclass(frozen=True, slots=True)
class PlannedReceipt:
    """One receipt; `msgid` replaces the message's own, for one nobody knows."""

    after_seconds: float = 1.0
    flag: str = ARRIVED
    copies: int = 1
    msgid: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A message's fate: refused with a code, or these receipts."""

    answer: str = ""
    receipts: tuple[PlannedReceipt, ...] = (PlannedReceipt(),)


class SmsPlan(PlannedRows):
    """Rows {"to"?, "count"?, "answer"? or "receipts"?}, used up in order."""

    def __init__(self) -> None:
        super().__init__(_check)

    def take(self, number: str) -> Planned:
        """Return and use up the fate of a message to this number; all goes well without one."""
        row = self.use(lambda row: bool(row.get("to", number) == number))
        if row is None:
            return Planned()
        if "answer" in row:
            return Planned(answer=row["answer"])
        receipts = tuple(PlannedReceipt(**one) for one in row.get("receipts", [{}]))
        return Planned(receipts=receipts)


def _check(number: int, row: object) -> None:
    if not isinstance(row, dict) or not row.keys() <= _ROW_KEYS:
        raise ValueError(f"[{number}] may hold {sorted(_ROW_KEYS)}")
    if "answer" in row and row["answer"] not in REFUSALS:
        raise ValueError(f"[{number}].answer is no code of the gateway")
    if not is_count(row.get("count", 1)):
        raise ValueError(f"[{number}].count must be at least 1")
    receipts = row.get("receipts", [])
    if not isinstance(receipts, list):
        raise ValueError(f"[{number}].receipts must be a list")
    for receipt in receipts:
        _check_receipt(f"[{number}].receipts", receipt)


def _check_receipt(place: str, receipt: object) -> None:
    if not isinstance(receipt, dict) or not receipt.keys() <= _RECEIPT_KEYS:
        raise ValueError(f"{place} rows may hold {sorted(_RECEIPT_KEYS)}")
    if receipt.get("flag", ARRIVED) not in STATES:
        raise ValueError(f"{place}.flag is no state of the gateway")
    if not is_count(receipt.get("copies", 1)):
        raise ValueError(f"{place}.copies must be at least 1")
    if not isinstance(receipt.get("after_seconds", 0), int | float):
        raise ValueError(f"{place}.after_seconds must be a number")
    if not isinstance(receipt.get("msgid", ""), str):
        raise ValueError(f"{place}.msgid must be a text")
