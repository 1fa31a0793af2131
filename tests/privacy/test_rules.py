"""Every table has a rule: what is held about somebody can be copied and deleted."""

import pytest

import app  # noqa: F401  # what it is made of has every table
from core.db import metadata
from core.privacy.people import Whose
from core.privacy.rules import RULES, SILENT, Erase, personal_tables, shown_columns
from core.privacy.words import TITLES
from core.sealed import SealedText

PERSONAL_COLUMNS = {"guardian_id", "student_id", "binding_id", "line_user_id"}
TABLES = sorted(metadata().tables)


def test_every_table_has_a_rule_and_no_rule_is_left_over() -> None:
    assert set(RULES) == set(metadata().tables)


@pytest.mark.parametrize("name", TABLES)
def test_table_that_names_a_person_belongs_to_one(name: str) -> None:
    table = metadata().tables[name]
    names = PERSONAL_COLUMNS & set(table.c.keys())
    assert not names or RULES[name].found_by, f"{name} names people and has no export rule"


@pytest.mark.parametrize("name", TABLES)
def test_table_that_points_at_a_persons_table_belongs_to_that_person(name: str) -> None:
    table = metadata().tables[name]
    targets = {key.column.table.name for key in table.foreign_keys}
    if targets & {"guardian", "student", "binding"}:
        assert RULES[name].found_by


def test_rules_name_columns_that_exist() -> None:
    for table, rule in personal_tables():
        named = {*rule.found_by, *rule.opened, *rule.hidden, *rule.shortened, *rule.actors}
        named |= {*rule.own_only, *rule.own_only.values()}
        assert named <= set(table.c.keys()), table.name


def test_every_table_of_a_person_has_a_title_in_the_copy() -> None:
    assert {table.name for table, _ in personal_tables()} == set(TITLES)


def test_no_key_fingerprint_or_sealed_value_is_shown_as_it_is() -> None:
    for table, rule in personal_tables():
        for name in shown_columns(table, rule):
            assert name in rule.opened or not name.endswith(SILENT)
            is_sealed = isinstance(table.c[name].type, SealedText)
            assert not is_sealed or name in rule.opened, f"{table.name}.{name}"


def test_whatever_a_child_owns_outlives_its_guardian() -> None:
    for table, rule in personal_tables():
        if set(rule.found_by.values()) == {Whose.CHILD}:
            assert rule.erase is Erase.KEEP, table.name
