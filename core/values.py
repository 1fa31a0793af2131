"""Values: dataclasses nobody changes, as cheap to make as any other.

Freezing costs a call for each field of each value, three times what making it costs. Where hundreds
are made of a batch of taps, it is left to mypy to keep them as they are.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(of: type[T]) -> type[T]:
    """Make a class a slotted dataclass whose fields are given by name and never set again."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(of)
