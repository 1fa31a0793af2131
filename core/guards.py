"""Every route says who may pass it; a test walks them all and refuses one that says nothing."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

ViewT = TypeVar("ViewT", bound=Callable[..., Any])


class Guard(StrEnum):
    """Who may pass a route."""

    # Anybody; the view itself decides what it gives away.
    OPEN = "open_to_all"
    # A browser whose LINE user was proved.
    SIGNED_IN = "signed_in"
    # The same, tied to a Taipei Pass member.
    LINKED = "linked"
    # The same, with a role at a school or the bureau.
    STAFF = "staff"
    # LINE, by its signature on the raw body.
    LINE_SIGNATURE = "line_signature"
    # A reader, by its signature on the raw body.
    READER_SIGNATURE = "reader_signature"
    # A text message firm, by its signature on the raw body or in the address of one text.
    SMS_SIGNATURE = "sms_signature"
    # Whoever holds a letter, by the signed address in it; mail programs press it for their reader.
    LETTER_LINK = "letter_link"
    # This machine, or whoever holds the token.
    METRICS_TOKEN = "metrics_token"  # noqa: S105
    # Anybody on a development machine; production has no such route.
    DEVELOPMENT = "development"


# Callers that sign each request; a form token would add nothing.
SIGNED = frozenset(
    {Guard.LINE_SIGNATURE, Guard.READER_SIGNATURE, Guard.SMS_SIGNATURE, Guard.LETTER_LINK}
)


def declare(guard: Guard) -> Callable[[ViewT], ViewT]:
    """Return a decorator that writes the guard on a view which does the checking itself."""

    def write(view: ViewT) -> ViewT:
        vars(view)["guard"] = guard
        return view

    return write


def guard_of(view: Callable[..., Any]) -> Guard | None:
    """Return what a view declares."""
    return vars(view).get("guard")
