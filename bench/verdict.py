"""The judge of a load, outside the product: the readers' ledger beside LINE's.

It asks the product nothing; what was lost, doubled or told without cause follows from the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bench.load_client import Sent
from bench.load_stub import Ledger
from bench.town import Town, made_id


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong, each a number of people; `unanswered` counts requests."""

    unanswered: int
    lost: int
    doubled: int
    phantom: int

    @property
    def is_green(self) -> bool:
        """Whether nothing did."""
        return not any(asdict(self).values())


def judge(town: Town, schedule: Sequence[Sent], ledger: Ledger, *, wanted: bool) -> Verdict:
    """Compare the ledgers after taps. Not `wanted`: what was tapped is too old to be told."""
    answered = {
        person
        for sent in schedule
        if sent.answered_at is not None
        for person in people_of(town, sent)
    }
    tapped = {person for sent in schedule for person in people_of(town, sent)}
    return judge_people(
        answered if wanted else set(),
        tapped if wanted else set(),
        ledger,
        unanswered=sum(sent.answered_at is None for sent in schedule),
    )


def judge_people(
    due: set[str], allowed: set[str], ledger: Ledger, *, unanswered: int = 0
) -> Verdict:
    """Compare whom LINE told with who was due, and with who may have been told."""
    told = set(ledger.told)
    return Verdict(
        unanswered=unanswered,
        lost=len(due - told),
        doubled=sum(number > 1 for number in ledger.told.values()),
        phantom=len(told - allowed),
    )


def people_of(town: Town, sent: Sent) -> Iterable[str]:
    """Return the LINE users who are to hear of a request's taps."""
    return (f"U{made_id('line', town.number_of(uid))}" for uid in sent.batch.card_uids)


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody heard of a tap: of which school, when it was due, when LINE took it."""

    school: int
    due: float
    at: float

    @property
    def seconds(self) -> float:
        """From the due moment to LINE's acceptance."""
        return self.at - self.due


def tellings(town: Town, schedule: Sequence[Sent], ledger: Ledger) -> list[Telling]:
    """Return all who were told."""
    return [
        Telling(sent.batch.school, sent.due, ledger.people[person])
        for sent in schedule
        for person in people_of(town, sent)
        if person in ledger.people
    ]
