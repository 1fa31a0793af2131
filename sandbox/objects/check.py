"""Checks of JSON objects, put together from small ones.

A check takes a value and returns its faults: rows (steps, message), the steps leading from the
value down to the place at fault; nothing, when it is good. Steps are added on the way up, so a good
object, as nearly all are, costs no paths.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.objects.text_length import graphemes, utf16_units
from sandbox.people import Json

Steps = tuple[str | int, ...]
Faults = list[tuple[Steps, str]]
Check = Callable[[Any], Faults]
GOOD: Faults = []
# So many different values of a field are remembered as good ones; a bubble has the same few.
_REMEMBERED = 256
_SHORT = 64
_NONE: frozenset[str] = frozenset()

MISSING = "must be specified"
WRONG = "invalid property"


def fault(message: str, *steps: str | int) -> Faults:
    """Return one fault."""
    return [(steps, message)]


def below(step: str | int, faults: Faults) -> Faults:
    """Return the faults of a part as those of the whole."""
    return [((step, *steps), message) for steps, message in faults]


@dataclass(frozen=True, slots=True)
class Words:
    """How one part of LINE speaks of texts at fault; empty stands for naming the lengths."""

    empty: str = "May not be empty"
    length: str = ""
    kind: str = "must be a string"


BODY_WORDS = Words()


def text(
    most: int,
    least: int = 0,
    words: Words = BODY_WORDS,
    *,
    count: Callable[[str], int] = utf16_units,
) -> Check:
    """Check a text's length, in UTF-16 units or (count=graphemes) in characters people see."""
    # Neither count exceeds two units a character, so most texts need no counting.
    surely = most // 2
    too_long = words.length or f"Length must be between {least} and {most}"

    def check(value: object) -> Faults:
        if type(value) is not str:
            return fault(words.kind)
        if least and not value:
            return fault(words.empty)
        if len(value) <= surely or count(value) <= most:
            return GOOD
        return fault(too_long)

    return check


def label(most: int, least: int = 0, words: Words = BODY_WORDS) -> Check:
    """Check a text that LINE counts in characters people see."""
    return text(most, least, words, count=graphemes)


class _Known:
    """A check that knows some good strings: objects look here first and spare the call."""

    def __init__(self, judge: Callable[[Any], Faults], good: set[str] | None = None) -> None:
        self._judge = judge
        self.good: set[str] = good if good is not None else set()

    def __call__(self, value: Any) -> Faults:
        """Return the value's faults."""
        return GOOD if type(value) is str and value in self.good else self._judge(value)


def one_of(*values: str, message: str = "") -> Check:
    """Check for one of a few words."""
    refusal = fault(message or f"Must be one of the following values: [{', '.join(values)}]")
    return _Known(lambda _: refusal, set(values))


def shaped(judge: Callable[[str], str | None]) -> Check:
    """Check a string by a judge who names its fault; good short ones are remembered."""

    def check(value: object) -> Faults:
        if type(value) is not str:
            return fault(WRONG)
        message = judge(value)
        if message:
            return fault(message)
        if len(known.good) < _REMEMBERED and len(value) < _SHORT:
            known.good.add(value)
        return GOOD

    known = _Known(check)
    return known


def whole(least: int, most: int | None = None, message: str = "") -> Check:
    """Check a whole number's range."""
    if most is None:
        refusal = message or f"must be greater than or equal to {least}"
        return lambda value: GOOD if type(value) is int and value >= least else fault(refusal)
    refusal = message or f"Must be between {least} and {most}"
    return lambda value: GOOD if type(value) is int and least <= value <= most else fault(refusal)


def number(least: float, most: float) -> Check:
    """Check a number's range."""
    refusal = f"Must be between {least:g} and {most:g}"

    def check(value: object) -> Faults:
        good = type(value) in (int, float) and least <= value <= most  # type: ignore[operator]
        return GOOD if good else fault(refusal)

    return check


def yes_or_no(value: object) -> Faults:
    """Check a boolean."""
    return GOOD if value is True or value is False else fault("must be a boolean")


def list_of(item: Check, least: int = 0, most: int | None = None) -> Check:
    """Check an array's size and every item."""

    def check(value: object) -> Faults:
        if type(value) is not list:
            return fault("must be an array")
        if len(value) < least or (most is not None and len(value) > most):
            until = "2147483647" if most is None else most
            return fault(f"Size must be between {least} and {until}")
        faults = GOOD
        for place, one in enumerate(value):
            found = item(one)
            if found:
                faults = faults + below(place, found)
        return faults

    return check


def object_of(
    fields: Mapping[str, Check],
    required: Iterable[str] = (),
    *,
    rule: Check | None = None,
    unknown: str = "Unknown property",
) -> Check:
    """Check an object's properties; `rule` sees only objects whose properties are good."""
    needed = frozenset(required)
    # Nearly all properties of a Flex message are one of a few words, seen before.
    find = {key: (getattr(check, "good", _NONE), check) for key, check in fields.items()}.get

    def check(value: object) -> Faults:
        if type(value) is not dict:
            return fault("must be an object")
        faults: Faults = []
        if not needed <= value.keys():
            faults = [((key,), MISSING) for key in sorted(needed - value.keys())]
        for key, item in value.items():
            field = find(key)
            if field is None:
                faults.append(((key,), unknown))
            elif type(item) is str and item in field[0]:
                continue
            elif item is None:
                if key in needed:
                    faults.append(((key,), MISSING))
            else:
                found = field[1](item)
                if found:
                    faults += below(key, found)
        return rule(value) if rule and not faults else faults

    return check


def map_of(item: Check, key: Check, most: int) -> Check:
    """Check an object with free keys, its size, every key and every value."""

    def check(value: object) -> Faults:
        if type(value) is not dict:
            return fault("must be an object")
        if len(value) > most:
            return fault(f"Size must be between 0 and {most}")
        faults: Faults = []
        for name, one in value.items():
            faults += below(name, key(name) or item(one))
        return faults

    return check


# An object's own `type` has chosen its check already.
KIND = shaped(lambda _: None)


def tagged(kinds: Mapping[str, Check], *, unknown: str = "") -> Check:
    """Check an object by the check its `type` names; kinds may be added later."""
    refusal = unknown or f"Must be one of the following values: [{', '.join(sorted(kinds))}]"

    def check(value: object) -> Faults:
        if type(value) is not dict:
            return fault("must be an object")
        kind = value.get("type")
        if kind is None:
            return fault(MISSING, "type")
        chosen = kinds.get(kind) if type(kind) is str else None
        return chosen(value) if chosen else fault(refusal, "type")

    return check


def dotted(steps: Steps, root: str = "") -> str:
    """Return a place as LINE writes it in most answers: messages[0].text."""
    path = root
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def pointer(steps: Steps) -> str:
    """Return a place inside a Flex message as LINE writes it: /body/contents/0/text."""
    return "/" + "/".join(str(step) for step in steps)


def rows(faults: Faults, write: Callable[[Steps], str] = dotted) -> list[Json]:
    """Return the faults as LINE's `details`."""
    return [{"message": message, "property": write(steps)} for steps, message in faults]
