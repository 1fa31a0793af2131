"""Mishaps planned by a list of rows, used up in order."""

from collections.abc import Callable

from sandbox.people import Json

Check = Callable[[int, object], None]


class PlannedRows:
    """Rows with whatever keys `check` allows; "count" says how often one happens, at first once.

    `check` gets a row with its number and raises ValueError naming the row and key at fault.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._rows: list[Json] = []

    def replace(self, rows: list[Json]) -> None:
        """Take over a new list. Raises ValueError like `check`."""
        for number, row in enumerate(rows):
            self._check(number, row)
        self._rows = [dict(row) for row in rows]

    def rows(self) -> list[Json]:
        """Return what is still to come."""
        return [dict(row) for row in self._rows]

    def use(self, fits: Callable[[Json], bool]) -> Json | None:
        """Return the first row that fits, one time of it used up; None when all goes well."""
        row = next(filter(fits, self._rows), None)
        if row is None:
            return None
        row["count"] = row.get("count", 1) - 1
        self._rows = [row for row in self._rows if row.get("count", 1) > 0]
        return dict(row)


def is_count(value: object) -> bool:
    """Tell whether something can happen so often."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
