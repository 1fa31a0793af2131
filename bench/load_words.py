"""What a part of the load came to, in numbers and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.commit import commit_now
from bench.load_parts import PARTS, City, Part, Trouble
from bench.report import percentile, print_table
from bench.verdict import P95_SECONDS, P99_SECONDS, Verdict

NAMED_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
SHARES = (*(share for _, share in NAMED_SHARES), 1.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a part came to; seconds from the due moment. `cpu`: seconds by program."""

    part: Part
    answered: list[float]
    accepted: list[float]
    took: float
    taps: int
    statuses: dict[int, int]
    line: dict[str, int]
    verdict: Verdict
    cpu: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_green(self) -> bool:
        """Whether nothing was lost or doubled and, without trouble, 95 and 99 of 100 in time."""
        if not self.verdict.is_green:
            return False
        if self.part.trouble is not Trouble.NONE or not self.part.per_second:
            return True
        late = percentile(self.accepted, 0.95) > P95_SECONDS
        return not late and percentile(self.accepted, 0.99) <= P99_SECONDS


def print_outcome(city: City, outcome: Outcome) -> None:
    rows = [
        (what, str(len(seconds)), *(f"{percentile(seconds, one):.3f}" for one in SHARES))
        for what, seconds in (("answered", outcome.answered), ("accepted", outcome.accepted))
        if seconds
    ]
    title = f"{outcome.part.name} ({_pace(city, outcome)}), seconds from the due moment"
    print_table(title, ("", "n", "p50", "p95", "p99", "max"), rows)
    print(f"answers {outcome.statuses}, LINE's {outcome.line}; {_spent(outcome)}")
    print(f"{'held' if outcome.is_green else 'NOT HELD'}: {_judged(outcome)}\n", flush=True)


def told(city: City, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the load in words, as the page of the promises shows it."""
    town = city.town
    scale = (
        f"{city.scale:g} of the city ({len(town.numbers()):,} students, {town.schools} schools), "
        f"parts {city.hurry:g} times shorter"
    )
    return {
        "scale": scale,
        "commit": commit_now(),
        # A part that was left out may be the one that fails.
        "is_green": len(outcomes) == len(PARTS) and all(one.is_green for one in outcomes),
        "parts": {one.part.name: f"{_pace(city, one)}; {_words(one)}" for one in outcomes},
    }


def _pace(city: City, outcome: Outcome) -> str:
    part = outcome.part
    trouble = "" if part.trouble is Trouble.NONE else f", {part.trouble.value}"
    if part.per_second:
        return f"{outcome.taps:,} taps, {city.pace(part):.3g}/s due{trouble}"
    if part.is_live:
        return f"{len(outcome.accepted):,} no-shows"
    return f"{outcome.taps:,} taps kept, {outcome.taps / max(outcome.took, 0.001):,.0f}/s taken"


def _words(outcome: Outcome) -> str:
    words = []
    for what, seconds in (("answered", outcome.answered), ("accepted", outcome.accepted)):
        if seconds:
            numbers = (f"{name} {percentile(seconds, share):.2f}" for name, share in NAMED_SHARES)
            words.append(f"{what} {' '.join(numbers)} s")
    return "; ".join([*words, _spent(outcome), _judged(outcome)])


def _spent(outcome: Outcome) -> str:
    return "CPU " + ", ".join(f"{name} {spent:.0f} s" for name, spent in outcome.cpu.items())


def _judged(outcome: Outcome) -> str:
    late = sum(seconds > P99_SECONDS for seconds in outcome.accepted)
    return ", ".join(
        [
            *(f"{what} {number}" for what, number in asdict(outcome.verdict).items()),
            f"later than {P99_SECONDS:g} s {late}",
        ]
    )


def numbers(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        one.part.name: {
            "answered": one.answered,
            "accepted": one.accepted,
            "took": one.took,
            "cpu": one.cpu,
            "statuses": one.statuses,
            "line": one.line,
            "verdict": asdict(one.verdict),
        }
        for one in outcomes
    }
