"""People asking for closures: Lin proposes, Chen is the second person, Wang a third."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from core.calendar.closures import confirm_closure, propose_closure
from core.calendar.scopes import ClosureScope
from core.calendar.tables import Closure
from core.clock import TAIPEI
from core.errors import InputError
from core.house import House
from core.kinds import DayPart

LIN, CHEN, WANG = (f"staff:{UUID(int=n)}" for n in (1, 2, 3))
TUESDAY = date(2026, 11, 24)
EVENING = datetime(2026, 11, 23, 20, 5, tzinfo=TAIPEI)


def ask(session: Session, house: House, **changed: Any) -> Closure:
    facts: dict[str, Any] = {
        "scope": ClosureScope(),
        "day": TUESDAY,
        "part": DayPart.WHOLE,
        "source": "臺北市政府",
        "source_at": EVENING,
        "by": LIN,
        "now": house.clock.now(),
    }
    return propose_closure(session, **{**facts, **changed})


def closed(session: Session, house: House, **changed: Any) -> Closure:
    return confirm_closure(session, ask(session, house, **changed).id, CHEN, house.clock.now())


def refused(step: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(InputError) as caught:
        step(*args, **more)
    return caught.value.code
