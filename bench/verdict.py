"""The judge of a load, outside the product: the readers' ledger beside LINE's.

It asks the product nothing; what was lost, doubled or told without cause follows from the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bench.load_client import Sent
from bench.load_stub import Ledger
from bench.town import Town, made_id

# Source: the promise of the first page; of 100 messages 95 and 99 come by then.
P95_SECONDS, P99_SECONDS = 5.0, 10.0


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


def delays(town: Town, schedule: Sequence[Sent], ledger: Ledger) -> list[float]:
    """Return the seconds from each due moment to LINE's acceptance, of all who were told."""
    return [
        ledger.people[person] - sent.due
        for sent in schedule
        for person in people_of(town, sent)
        if person in ledger.people
    ]
