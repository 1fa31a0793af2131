"""Asking back: one question, what it means, and the two buttons."""

from collections.abc import Sequence
from typing import Any

from bot.answer import Json
from bot.replies.speech import show
from core.notices.flex import BRAND, INK2, SURFACE, bubble, button, buttons, postback, row, text


def ask_back(
    alt: str, question: str, yes: tuple[str, str], no: tuple[str, str], small: Sequence[str] = ()
) -> Json:
    """Return a question with its two buttons, each a label and the postback's data."""
    acts = row([press(*no, flex=1), sure(*yes, flex=2)], spacing="sm", margin="lg")
    notes = [text(note, size="sm", color=INK2, margin="md") for note in small]
    return show(alt, bubble([text(question, weight="bold"), *notes, acts]))


def tell(alt: str, fact: str, *small: str, acts: Sequence[Json] = ()) -> Json:
    """Return what was done, and the buttons to go on with."""
    notes = [text(note, size="sm", color=INK2, margin="sm") for note in small]
    foot = [buttons(*acts)] if acts else []
    return show(alt, bubble([text(fact, weight="bold"), *notes, *foot]))


def press(label: str, data: str, **look: Any) -> Json:
    """Return a quiet button that sends a postback and is seen as said."""
    return button(postback(label, data)) | look


def sure(label: str, data: str, **look: Any) -> Json:
    """Return the one filled button of a bubble, which acts."""
    return button(postback(label, data), ground=BRAND, color=SURFACE) | look
