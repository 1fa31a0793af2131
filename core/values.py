"""Values: dataclasses nobody changes, as cheap to make as any other.

Freezing costs a call for each field of each value, three times what making it costs. Where hundreds
are made of a batch of taps, it is left to mypy to keep them as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """Return what makes a class a slotted dataclass whose fields are never set again."""
    return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)
