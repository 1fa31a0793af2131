"""How an operator reads ids and moments."""

from datetime import datetime

from core.clock import TAIPEI


def short(one: object) -> str:
    """Return the beginning of an id: enough to tell two apart, too little to look anybody up."""
    return str(one)[:8]


def clock_of(at: datetime) -> str:
    """Return a Taipei time of day with seconds."""
    return f"{at.astimezone(TAIPEI):%H:%M:%S}"


def date_and_clock_of(at: datetime) -> str:
    """Return a Taipei date and time of day with seconds."""
    return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}"
