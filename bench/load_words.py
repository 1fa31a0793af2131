"""What a part of the load came to, in numbers and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.commit import commit_now
from bench.load_marks import Judged
from bench.load_parts import PARTS, City, Part, Trouble
from bench.report import percentile, print_table
from bench.verdict import Verdict

NAMED_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
SHARES = (*(share for _, share in NAMED_SHARES), 1.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a part came to. `seconds` from the due moment, by what happened to whom.

    `kept_rate`: taps a second of what readers had kept; `cpu`: seconds by program.
    """

    part: Part
    seconds: Mapping[str, list[float]]
    taps: int
    kept_rate: float
    statuses: dict[int, int]
    line: dict[str, int]
    verdict: Verdict
    judged: Sequence[Judged]
    cpu: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_held(self) -> bool:
        """Whether nothing was lost or doubled, and no mark missed."""
        return self.verdict.is_green and all(one.is_held is not False for one in self.judged)

    @property
    def standing(self) -> str:
        """Say whether it was held."""
        if self.is_held:
            return "held"
        return "NOT HELD" if self.breaks_promise else "NOT HELD on this machine"

    @property
    def breaks_promise(self) -> bool:
        """Tell whether the promise fails by it; of the ceiling only what was lost or doubled."""
        return not (self.is_held if self.part.is_promised else self.verdict.is_green)


def is_promise_held(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether no part breaks the promise; those that were not held are told by name."""
    return not any(one.breaks_promise for one in outcomes)


def print_outcome(city: City, outcome: Outcome) -> None:
    rows = [
        (what, str(len(seconds)), *(f"{percentile(seconds, one):.3f}" for one in SHARES))
        for what, seconds in outcome.seconds.items()
        if seconds
    ]
    title = f"{outcome.part.name} ({_pace(city, outcome)}), seconds from the due moment"
    print_table(title, ("", "n", "p50", "p95", "p99", "max"), rows)
    print(f"answers {outcome.statuses}, LINE's {outcome.line}; {_spent(outcome)}")
    print(f"{outcome.standing}: {_found(outcome)}\n", flush=True)


def told(city: City, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the load in words, as the page of the promises shows it."""
    town = city.town
    scale = (
        f"{city.scale:g} of the city ({len(town.numbers()):,} students, {town.schools} schools, "
        f"{town.schools * town.readers} readers), parts {city.hurry:g} times shorter"
    )
    return {
        "scale": scale,
        "commit": commit_now(),
        "is_green": _ran_all(outcomes) and is_promise_held(outcomes),
        "not_held": [one.part.name for one in outcomes if not one.is_held],
        "parts": {one.part.name: f"{one.standing}: {_words(city, one)}" for one in outcomes},
    }


def _ran_all(outcomes: Sequence[Outcome]) -> bool:
    # A part that was left out may be the one that fails.
    ran = {one.part.name for one in outcomes}
    return all(part.name in ran for part in PARTS if part.is_promised)


def _words(city: City, outcome: Outcome) -> str:
    words = [_pace(city, outcome)]
    for what, seconds in outcome.seconds.items():
        if seconds:
            numbers = (f"{name} {percentile(seconds, share):.2f}" for name, share in NAMED_SHARES)
            words.append(f"{what} {' '.join(numbers)} s")
    return "; ".join([*words, _spent(outcome), _found(outcome)])


def _pace(city: City, outcome: Outcome) -> str:
    part = outcome.part
    trouble = "" if part.trouble is Trouble.NONE else f", {part.trouble.value}"
    kept = f", what was kept taken at {outcome.kept_rate:,.0f}/s" if outcome.kept_rate else ""
    if part.per_second:
        return f"{outcome.taps:,} taps, {city.pace(part):.3g}/s due{trouble}{kept}"
    if part.is_live:
        return f"{sum(map(len, outcome.seconds.values())):,} no-shows"
    return f"{outcome.taps:,} taps{kept}"


def _spent(outcome: Outcome) -> str:
    return "CPU " + ", ".join(f"{name} {spent:.0f} s" for name, spent in outcome.cpu.items())


def _found(outcome: Outcome) -> str:
    wrong = ", ".join(f"{what} {number}" for what, number in asdict(outcome.verdict).items())
    return "; ".join([*(one.words for one in outcome.judged), wrong])


def numbers(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        one.part.name: {
            "is_held": one.is_held,
            "seconds": one.seconds,
            "kept_rate": one.kept_rate,
            "cpu": one.cpu,
            "statuses": one.statuses,
            "line": one.line,
            "verdict": asdict(one.verdict),
            "judged": [asdict(judged) for judged in one.judged],
        }
        for one in outcomes
    }
