"""The bad habits of webhooks that bots must live with; all off at first."""

import random
from dataclasses import dataclass, fields

from sandbox.people import Json

_MOST = {"batch_size": 100, "redeliveries": 20}


@dataclass(frozen=True, slots=True)
class Manners:
    """`active`: the console's switch. `redeliveries`: how often a failed body is sent once more.

    `batch_size` events at most share a body, of whichever users; the sender waits `batch_seconds`
    for more. `shuffle` mixes each batch, so that later events overtake earlier ones. `duplicates`
    is the share of bodies sent a second time without any failure. `standby`: another module holds
    the chat. One `seed`, one series of accidents.
    """

    active: bool = True
    redeliveries: int = 1
    batch_size: int = 1
    batch_seconds: float = 0.0
    shuffle: bool = False
    duplicates: float = 0.0
    standby: bool = False
    seed: int | None = None

    def dice(self) -> random.Random:
        """Return the source of accidents."""
        return random.Random(self.seed)


def read_manners(body: Json, old: Manners) -> Manners:
    """Return the old manners with what the body changes. Raises ValueError naming the key."""
    known = {field.name: getattr(old, field.name) for field in fields(Manners)}
    for key, value in body.items():
        if key not in known:
            raise ValueError(f"{key} is unknown")
        known[key] = _checked(key, value)
    return Manners(**known)


def _checked(key: str, value: object) -> object:
    if key in ("active", "shuffle", "standby"):
        good = isinstance(value, bool)
    elif key in _MOST:
        good = type(value) is int and int(key == "batch_size") <= value <= _MOST[key]
    elif key == "seed":
        good = value is None or type(value) is int
    else:
        most = 1 if key == "duplicates" else 60
        good = type(value) in (int, float) and 0 <= value <= most  # type: ignore[operator]
    if not good:
        raise ValueError(f"{key} has a wrong value")
    return value
