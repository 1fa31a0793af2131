"""What the next SMTP conversations shall suffer."""

from sandbox.people import Json
from sandbox.wire.planned import PlannedRows, is_count

STAGES = ("connect", "mail", "rcpt", "data")
_KEYS = {"at", "code", "text", "cut", "after_accept", "to", "count"}


class MailPlan(PlannedRows):
    """Rows {"at", "code"? and "text"?, or "cut"?, "after_accept"?, "to"?, "count"?}, used in order.

    `cut` closes the connection without an answer; with `after_accept` the letter is kept first, so
    the sender cannot know.
    """

    def __init__(self) -> None:
        super().__init__(_check)

    def take(self, stage: str, address: str = "") -> Json | None:
        """Return and use up what shall happen at this stage; None when all goes well."""
        return self.use(lambda row: _fits(row, stage, address))


def _fits(row: Json, stage: str, address: str) -> bool:
    return bool(row["at"] == stage and row.get("to", address) == address)


def _check(number: int, row: object) -> None:
    if not isinstance(row, dict) or not row.keys() <= _KEYS:
        raise ValueError(f"[{number}] may hold {sorted(_KEYS)}")
    if row.get("at") not in STAGES:
        raise ValueError(f"[{number}].at must be one of {', '.join(STAGES)}")
    code = row.get("code")
    if not row.get("cut") and not (isinstance(code, int) and 400 <= code <= 599):
        raise ValueError(f"[{number}].code must be 400 to 599, unless it is cut")
    if not is_count(row.get("count", 1)):
        raise ValueError(f"[{number}].count must be at least 1")
    if "text" in row and not (isinstance(row["text"], str) and row["text"].isprintable()):
        raise ValueError(f"[{number}].text must be one line")
