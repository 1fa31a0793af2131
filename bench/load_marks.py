"""How a part is measured against its marks; the table of them is in load_parts.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.load_parts import CHILDREN, SCHOOLS, City, Mark, Part
from bench.load_stub import Ledger
from bench.report import percentile
from bench.verdict import Telling

# Source: the promise of the first page; of 100 messages 95 and 99 come by then.
P95_SECONDS, P99_SECONDS = 5.0, 10.0
OUTAGE_CLEARED_SECONDS = 300.0
# Source: LINE docs, "Rate limits".
LINE_PER_SECOND = 2_000
BEYOND_SECONDS = 10
# Each sender goes on with one push a second at least and tries two more each second, so that below
# this the allowance is passed by feeling for it.
LEAST_ALLOWANCE = 20.0
SLACK_SECONDS = 30.0
TAKEN_PER_SECOND = 2_000
# A city at its cut-off, of which one child in twenty did not come: to find and to tell.
NO_SHOWS = SCHOOLS * CHILDREN // 20
SCAN_SECONDS, NO_SHOW_SECONDS = 10.0, 60.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a part is judged by. `kept_rate`: taps a second of what readers had kept."""

    city: City
    part: Part
    tellings: Sequence[Telling]
    ledger: Ledger
    kept_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a mark was held; None where the load is too small to tell."""

    mark: Mark
    is_held: bool | None
    measured: str

    @property
    def words(self) -> str:
        """Say it."""
        standing = {True: "held", False: "NOT held", None: "not judged at this size"}
        return f"{self.mark}: {standing[self.is_held]} ({self.measured})"


def judge_marks(facts: Facts) -> list[Judged]:
    """Return how the part's marks were met."""
    return [Judged(mark, *JUDGES[mark](facts)) for mark in facts.part.marks]


Finding = tuple[bool | None, str]


def _on_time(facts: Facts) -> Finding:
    return _in_seconds(facts.tellings)


def _others_on_time(facts: Facts) -> Finding:
    return _in_seconds([one for one in facts.tellings if one.school])


def _in_seconds(tellings: Sequence[Telling]) -> Finding:
    if not tellings:
        return False, "nobody was told"
    seconds = [one.seconds for one in tellings]
    p95, p99 = percentile(seconds, 0.95), percentile(seconds, 0.99)
    is_held = p95 <= P95_SECONDS and p99 <= P99_SECONDS
    return is_held, f"95 within {p95:.2f} s, 99 within {p99:.2f} s"


def _after_outage(facts: Facts) -> Finding:
    ended = facts.ledger.ends_at
    if ended is None:
        return False, "nobody was told"
    cleared = ended + OUTAGE_CLEARED_SECONDS
    late = sum(one.at > max(cleared, one.due + P99_SECONDS) for one in facts.tellings)
    last = max((one.at - ended for one in facts.tellings if one.due <= ended), default=0.0)
    return not late, f"who tapped in it told within {last:.0f} s of its end, {late} too late"


def _line_limit(facts: Facts) -> Finding:
    most = max(facts.ledger.by_second.values(), default=0)
    return most <= LINE_PER_SECOND, f"at most {most:,}"


def _yielding(facts: Facts) -> Finding:
    allowance = facts.city.allowance(facts.part)
    seconds = longest_run(facts.ledger.by_second, allowance)
    is_held = seconds <= BEYOND_SECONDS if allowance >= LEAST_ALLOWANCE else None
    return is_held, f"allowed {allowance:.3g} a second, over it at most {seconds} s in a row"


def longest_run(by_second: Mapping[str, int], allowance: float) -> int:
    """Return in how many seconds in a row more pushes came than were allowed."""
    longest = run = 0
    before = None
    for second in sorted(int(one) for one, count in by_second.items() if count > allowance):
        run = run + 1 if second - 1 == before else 1
        longest, before = max(longest, run), second
    return longest


def _allowed_time(facts: Facts) -> Finding:
    if not facts.tellings:
        return False, "nobody was told"
    needed = len(facts.tellings) / facts.city.allowance(facts.part)
    took = max(one.at for one in facts.tellings) - min(one.due for one in facts.tellings)
    return took <= 2 * needed + SLACK_SECONDS, f"{took:.0f} s for {needed:.0f} s of allowance"


def _taken(facts: Facts) -> Finding:
    is_held = facts.kept_rate >= TAKEN_PER_SECOND if facts.city.scale >= 1 else None
    return is_held, f"{facts.kept_rate:,.0f}"


def _no_shows(facts: Facts) -> Finding:
    share = min(1.0, len(facts.tellings) / NO_SHOWS)
    bound = SCAN_SECONDS + (NO_SHOW_SECONDS - SCAN_SECONDS) * share
    last = max((one.seconds for one in facts.tellings), default=0.0)
    return last <= bound, f"{len(facts.tellings):,} within {last:.1f} s of {bound:.1f} s"


JUDGES: dict[Mark, Callable[[Facts], Finding]] = {
    Mark.ON_TIME: _on_time,
    Mark.OTHERS_ON_TIME: _others_on_time,
    Mark.AFTER_OUTAGE: _after_outage,
    Mark.LINE_LIMIT: _line_limit,
    Mark.YIELDING: _yielding,
    Mark.ALLOWED_TIME: _allowed_time,
    Mark.TAKEN: _taken,
    Mark.NO_SHOWS: _no_shows,
}
