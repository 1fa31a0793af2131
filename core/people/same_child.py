"""One child on several rows: at one school after another, or under another student number."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_
from sqlmodel import col

from core.crypto import Vault
from core.people.names import fold_name
from core.people.roster import BIRTH_DATE, NATIONAL_ID
from core.people.tables import Student


def is_same_child(vault: Vault, one: Student, other: Student) -> bool:
    """Tell whether two rows that share an identity number agree on name and birth date too.

    A number typed wrongly may be another child's.
    """
    births = {vault.open(row.birth_date_sealed, BIRTH_DATE) for row in (one, other)}
    return fold_name(one.name) == fold_name(other.name) and len(births) == 1


def numbers_of(vault: Vault, student: Student) -> list[str]:
    """Return the child's identity numbers in clear, the one on file first."""
    sealed = filter(None, (student.national_id_sealed, student.former_id_sealed))
    return [vault.open(one, NATIONAL_ID) for one in sealed]


def has_number(vault: Vault, numbers: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a row of Student has one of these numbers."""
    indexes = [one for number in numbers for one in vault.index_candidates(number, NATIONAL_ID)]
    return or_(
        col(Student.national_id_index).in_(indexes), col(Student.former_id_index).in_(indexes)
    )
