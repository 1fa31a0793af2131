"""What became of one letter or one text message; a closed set that every channel speaks."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a channel's answer means for what was sent.

    ACCEPTED: the carrier has taken it, which is not yet its arrival. REFUSED: not to this address,
    not ever. LATER: certainly not sent, the same may go again. STOPPED: certainly not sent, and a
    person has to look at the channel itself. UNKNOWN: it may have gone out; nobody can tell.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LATER = "later"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class About(StrEnum):
    """What the carrier spoke of: its own state or ours, the address, or what was to be sent."""

    CARRIER = "carrier"
    ADDRESS = "address"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, a short reason of ours (never the carrier's text), the carrier's id of it."""

    outcome: Outcome
    reason: str
    reference: str = ""
    about: About = About.CARRIER

    @property
    def concerns_all(self) -> bool:
        """Tell whether others would hear the same now; not of one address or content alone."""
        return self.about is About.CARRIER or self.outcome is Outcome.STOPPED
