"""A copy of everything that is held about a guardian and the children bound to them.

It is made while it is fetched, so that no copy lies about anywhere.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, true
from sqlmodel import Session

from core.attendance.export import harmless
from core.clock import TAIPEI, school_day_of
from core.crypto import Vault
from core.privacy.people import Person, person_of
from core.privacy.rules import Rule, is_theirs, opened, shown_columns, shown_tables
from core.privacy.words import (
    EMPTY,
    NO,
    ONESELF,
    ONLY_SCHOOL,
    OTHER_GUARDIAN,
    STAFF,
    SYSTEM,
    TITLES,
    WITHHELD,
    YES,
    column_word,
)

SHOWN_END = 4
OF_THE_GATE = frozenset({"tap", "attendance_day", "notice"})
# As people read it: themselves first, then the children.
ORDER = {table: place for place, table in enumerate(TITLES)}


@dataclass(frozen=True, slots=True)
class Section:
    """One table's part of a copy: columns as people read them, and rows of text."""

    table: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Holding:
    """How many rows of one kind are held."""

    table: str
    title: str
    number: int


def holdings(session: Session, vault: Vault, guardian_id: UUID, now: datetime) -> list[Holding]:
    """Return what is held, table by table, with the number of rows; empty ones are left out."""
    person = person_of(session, vault, guardian_id)
    found = []
    for table, rule in shown_tables():
        count = select(func.count()).select_from(table).where(_is_shown(table, rule, person, now))
        number: int = session.execute(count).scalar_one()
        if number:
            found.append(Holding(table.name, TITLES[table.name], number))
    return sorted(found, key=lambda one: ORDER[one.table])


def collect(session: Session, vault: Vault, guardian_id: UUID, now: datetime) -> list[Section]:
    """Return every row about the guardian and the children bound now; only reads."""
    person = person_of(session, vault, guardian_id)
    sections = [
        _section(session, vault, person, *one, _is_shown(*one, person, now))
        for one in shown_tables()
    ]
    return sorted(sections, key=lambda one: ORDER[one.table])


def to_zip(sections: list[Section], now: datetime) -> bytes:
    """Return one archive: everything as JSON, and a CSV for each table."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-data.json", _to_json(sections, now))
        for number, section in enumerate(sections, 1):
            if section.rows:
                archive.writestr(f"csv/{number:02}-{section.title}.csv", to_csv(section))
    return content.getvalue()


def to_csv(section: Section) -> bytes:
    """Return a section with a byte-order mark, without which Excel takes UTF-8 for Big5."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(section.columns)
    writer.writerows([harmless(cell) for cell in row] for row in section.rows)
    return text.getvalue().encode("utf-8-sig")


def _to_json(sections: list[Section], now: datetime) -> str:
    whole = {
        "製作時間": _text(now),
        "說明": WITHHELD,
        "資料": [
            {
                "項目": section.title,
                "table": section.table,
                "筆數": len(section.rows),
                "內容": [dict(zip(section.columns, row, strict=True)) for row in section.rows]
                or EMPTY,
            }
            for section in sections
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _is_shown(table: Table, rule: Rule, person: Person, now: datetime) -> ColumnElement[bool]:
    """Return the condition of the rows a copy holds: today's at the gate wait for the quiet day."""
    theirs = is_theirs(table, rule, person)
    children = person.quiet_children(now)
    if table.name not in OF_THE_GATE or not children:
        return theirs
    hushed = table.c.student_id.in_(children) & (table.c.school_day >= school_day_of(now))
    return theirs & func.coalesce(~hushed, true())


def _section(
    session: Session,
    vault: Vault,
    person: Person,
    table: Table,
    rule: Rule,
    is_shown: ColumnElement[bool],
) -> Section:
    names = shown_columns(table, rule)
    statement = select(*(table.c[name] for name in names)).where(is_shown)
    rows = session.execute(statement.order_by(*table.primary_key)).mappings()
    cells = [
        tuple(
            _cell(rule, person, row, name, opened(vault, rule, name, row[name])) for name in names
        )
        for row in rows
    ]
    words = tuple(column_word(name.removesuffix("_sealed")) for name in names)
    return Section(table.name, TITLES[table.name], words, cells)


def _cell(rule: Rule, person: Person, row: Mapping[Any, Any], name: str, value: Any) -> str:
    text = _text(value)
    if name in rule.actors:
        return _who(person, text)
    if name in rule.shortened and text:
        return f"…{text[-SHOWN_END:]}"
    if name in rule.own_only and row[rule.own_only[name]] != person.actor:
        return ONLY_SCHOOL
    return text


def _who(person: Person, actor: str) -> str:
    if not actor:
        return ""
    if actor == person.actor:
        return ONESELF
    kind = actor.partition(":")[0]
    return {"guardian": OTHER_GUARDIAN, "staff": STAFF}.get(kind, SYSTEM)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return YES if value else NO
        case datetime():
            return f"{value.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case bytes() | memoryview():
            return _readable(bytes(value))
    return str(value)


def _readable(content: bytes) -> str:
    """Return JSON in people's own signs: what LINE sent is kept in ASCII.

    Half a sign, which a telephone may have sent, can be written in ASCII alone: here it is a "?".
    """
    try:
        said = json.dumps(json.loads(content), ensure_ascii=False)
    except ValueError:
        return content.decode("utf-8", "replace")
    return said.encode("utf-8", "replace").decode()
