"""What the next app pushes shall suffer: the gateway's own refusals."""

from sandbox.wire.planned import PlannedRows, is_count

_KEYS = {"account", "answer", "count"}
# What the gateway says, and the status code it says it with.
ANSWERS = {
    "unknown_token": 404,
    "gone_token": 410,
    "invalid": 422,
    "rate": 429,
    "later": 503,
}


class AppPlan(PlannedRows):
    """Rows {"answer", "account"?, "count"?}, used up in order."""

    def __init__(self) -> None:
        super().__init__(_check)

    def take(self, account: str) -> str:
        """Return and use up what is said to a push to this account; "" when all goes well."""
        row = self.use(lambda row: bool(row.get("account", account) == account))
        return str(row["answer"]) if row else ""


def _check(number: int, row: object) -> None:
    if not isinstance(row, dict) or not row.keys() <= _KEYS:
        raise ValueError(f"[{number}] may hold {sorted(_KEYS)}")
    if row.get("answer") not in ANSWERS:
        raise ValueError(f"[{number}].answer must be one of {', '.join(ANSWERS)}")
    if not is_count(row.get("count", 1)):
        raise ValueError(f"[{number}].count must be at least 1")
