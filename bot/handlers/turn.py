"""One event being answered: what every handler that may act is handed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from bot.answer import Answer, Json
from bot.day_words import minute_of
from bot.events import Incoming
from bot.handlers.person import Person
from bot.replies.pages import Pages
from core.clock import school_day_of
from core.errors import AppError, InputError
from core.house import House
from core.notices.staff_desk import StaffDesk, staff_desk
from core.postback import Action, PostbackCodec, Press


class Refused(AppError):
    """Answer with a refusal; whatever was written in the transaction is taken back."""

    def __init__(self, messages: list[Json]) -> None:
        super().__init__("refused")
        self.answer = Answer(messages=messages, matters=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who says what, when, and the session (mostly a transaction) in which it is answered."""

    session: Session
    house: House
    person: Person
    incoming: Incoming
    now: datetime

    @property
    def today(self) -> date:
        """Return the Taipei date."""
        return school_day_of(self.now)

    @property
    def said_on(self) -> date:
        """Return the Taipei date on which the person spoke: what 今天 is in a typed line."""
        return school_day_of(self.pressed_at)

    @property
    def pages(self) -> Pages:
        """Return the addresses of our pages."""
        return Pages(self.liff_id)

    @property
    def liff_id(self) -> str:
        """Return the LIFF app's id."""
        return self.house.settings.liff_id

    @property
    def desk(self) -> StaffDesk:
        """Return what buttons in notices are made with."""
        return staff_desk(self.house.settings)

    @property
    def pressed_at(self) -> datetime:
        """Return the minute in which the person acted, however often the event is handed out."""
        return minute_of(min(self.incoming.occurred_at, self.now))

    def seal(self, action: Action, detail: str = "") -> str:
        """Return the data of a button for this person."""
        codec = PostbackCodec(self.house.settings)
        return codec.seal(Press(action, detail), self.person.line_user_id, self.now)


Words = Callable[[], list[Json]]


@contextmanager
def refusing(words: Mapping[str, Words]) -> Iterator[None]:
    """Turn the core's refusals into answers, by their code."""
    try:
        yield
    except InputError as error:
        raise Refused(words[error.code]()) from error


def rehearse(session: Session, act: Callable[[], object]) -> None:
    """Do something and take it back at once: raises what doing it would raise."""
    with session.begin_nested() as savepoint:
        act()
        savepoint.rollback()
