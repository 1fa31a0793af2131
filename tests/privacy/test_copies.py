"""A copy holds every table's rows of the person and of nobody else."""

import csv
import io
import json
import threading
import zipfile
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.audit import record_audit
from core.db import metadata, snapshot, transaction
from core.house import House
from core.notices.tables import Notice
from core.people.tables import AccountLink, Binding, Student
from core.privacy.copies import Section, collect, holdings, to_csv, to_zip
from core.privacy.orders import is_fetchable, open_order, order_copy, take_order, void_orders
from core.privacy.rules import shown_tables
from tests.factories import make_binding, make_guardian, national_id_of
from tests.privacy.bonds import OPINION, REASON
from tests.privacy.conftest import HUAS, MEIS, NOW, Cast

UNPLANTED = {"staff"}


def copy_of(house: House, guardian_id: object) -> dict[str, Section]:
    """The copy by table."""
    with snapshot(house.engine) as session:
        return {one.table: one for one in collect(session, house.vault, guardian_id, NOW)}  # type: ignore[arg-type]


def text_of(sections: dict[str, Section]) -> str:
    """Everything a copy says."""
    return to_zip_text(list(sections.values()))


def to_zip_text(sections: list[Section]) -> str:
    """All files of the archive as one text."""
    with zipfile.ZipFile(io.BytesIO(to_zip(sections, NOW))) as archive:
        return "\n".join(archive.read(name).decode("utf-8-sig") for name in archive.namelist())


def test_copy_has_rows_of_every_table_that_holds_the_person(home: House, cast: Cast) -> None:
    sections = copy_of(home, cast.mei)
    tables = {table.name for table, _ in shown_tables()}
    assert {name for name, one in sections.items() if one.rows} == tables - UNPLANTED


def test_copy_holds_what_is_mine_and_nothing_of_another_guardian(home: House, cast: Cast) -> None:
    text = text_of(copy_of(home, cast.mei))
    assert [one for one in MEIS.all() if one not in text] == []
    assert [one for one in HUAS.all() if one in text] == []
    assert "陳小芳" not in text
    assert str(cast.fang) not in text
    assert str(cast.hua) not in text


def test_copy_withholds_the_childs_identity_number_and_birth_date(home: House, cast: Cast) -> None:
    text = text_of(copy_of(home, cast.mei))
    number = national_id_of("11510001")
    assert number not in text
    assert number[-3:] in text
    assert "2015-03-05" not in text


def test_other_guardian_of_the_same_child_stays_unnamed(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        student = session.get_one(Student, cast.ming)
        other = make_guardian(session, home, "U" + "d" * 32, name="林志遠")
        make_binding(session, other, student)
    sections = copy_of(home, cast.mei)
    assert "林志遠" not in text_of(sections)
    assert str(other.id) not in text_of(sections)
    assert len(sections["binding"].rows) == 1


def test_reason_of_a_leave_somebody_else_filed_is_the_schools(home: House, cast: Cast) -> None:
    leave = copy_of(home, cast.mei)["leave"]
    (row,) = leave.rows
    filed = dict(zip(leave.columns, row, strict=True))
    assert filed["事由"] == "（只有學校看得到）"
    assert filed["登記者"] == "另一位家長"


def test_ended_binding_shows_itself_and_the_child_no_more(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        binding = session.exec(select(Binding).where(Binding.guardian_id == cast.mei)).one()
        binding.ended_at = NOW
        session.add(binding)
    sections = copy_of(home, cast.mei)
    assert len(sections["binding"].rows) == 1
    assert [sections[one].rows for one in ("student", "tap", "attendance_day", "card")] == [[]] * 4


def test_copy_holds_ones_own_reply_to_the_survey_and_no_pseudonym(home: House, cast: Cast) -> None:
    section = copy_of(home, cast.mei)["survey_reply"]
    [row] = section.rows
    assert f"{OPINION} {cast.mei}" in row
    assert not any(cell.startswith("i0:") for cell in row)


def test_page_counts_what_the_copy_holds(home: House, cast: Cast) -> None:
    sections = copy_of(home, cast.mei)
    with snapshot(home.engine) as session:
        counted = {one.table: one.number for one in holdings(session, home.vault, cast.mei, NOW)}
    assert counted == {name: len(one.rows) for name, one in sections.items() if one.rows}


def test_archive_has_json_and_a_csv_a_table_that_excel_reads(home: House, cast: Cast) -> None:
    archive = zipfile.ZipFile(io.BytesIO(to_zip(list(copy_of(home, cast.mei).values()), NOW)))
    whole = json.loads(archive.read("my-data.json"))
    titles = [part["項目"] for part in whole["資料"] if part["筆數"]]
    names = [name.split("-", 1)[1] for name in archive.namelist() if name.startswith("csv/")]
    assert sorted(names) == sorted(f"{title}.csv" for title in titles)
    guardian = next(name for name in archive.namelist() if name.endswith("您的資料.csv"))
    raw = archive.read(guardian)
    assert raw.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert (row["姓名"], row["Email1"]) == (MEIS.name, MEIS.email)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "\t", " ="])
def test_cell_that_looks_like_a_formula_is_text_in_the_csv(start: str) -> None:
    section = Section("student", "孩子", ("姓名",), [(f"{start}cmd|' /C calc'!A0",)])
    (row,) = csv.DictReader(io.StringIO(to_csv(section).decode("utf-8-sig"), newline=""))
    assert row["姓名"].startswith("'")


def test_order_asked_twice_is_one_copy_and_one_message(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        assert order_copy(session, home.settings, cast.mei, NOW) is None
    with snapshot(home.engine) as session:
        told = session.exec(
            select(Notice).where(Notice.kind == "copy_ready", Notice.guardian_id == cast.mei)
        ).all()
    assert len(told) == 1
    assert "/my-data" in bytes(told[0].content).decode()
    assert "token" not in bytes(told[0].content).decode()


@pytest.mark.parametrize(("seconds", "is_open"), [(599, True), (600, False)])
def test_copy_can_be_fetched_for_ten_minutes(
    home: House, cast: Cast, seconds: int, is_open: bool
) -> None:
    at = NOW + timedelta(seconds=seconds)
    with transaction(home.engine) as session:
        order = open_order(session, cast.mei, NOW)
        assert order is not None
        assert is_fetchable(session, order.id, at) is is_open
        assert (take_order(session, order.id, at) == cast.mei) is is_open


@pytest.mark.parametrize(
    "change", [{"unlinked_at": NOW}, {"linked_at": NOW + timedelta(seconds=1)}]
)
def test_copy_goes_with_the_account_it_was_asked_from(
    home: House, cast: Cast, change: dict[str, datetime]
) -> None:
    with transaction(home.engine) as session:
        order = open_order(session, cast.mei, NOW)
        assert order is not None
        hers = update(AccountLink).where(col(AccountLink.guardian_id) == cast.mei)
        session.execute(hers.values(**change))
        assert not is_fetchable(session, order.id, NOW)
        assert take_order(session, order.id, NOW) is None


def test_signing_out_voids_ones_own_copy_alone(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        void_orders(session, cast.hua, NOW)
        assert open_order(session, cast.mei, NOW) is not None
        void_orders(session, cast.mei, NOW)
        assert open_order(session, cast.mei, NOW) is None


def test_two_fetches_at_once_give_one_copy(home: House, cast: Cast) -> None:
    with snapshot(home.engine) as session:
        order = open_order(session, cast.mei, NOW)
    assert order is not None
    start, taken = threading.Barrier(6), []

    def fetch() -> None:
        start.wait()
        with transaction(home.engine) as session:
            taken.append(take_order(session, order.id, NOW))

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(bool, taken)) == [False] * 5 + [True]


def test_what_the_school_did_for_a_childs_safety_is_the_schools_to_tell(
    home: House, cast: Cast
) -> None:
    sections = copy_of(home, cast.mei)
    assert REASON not in text_of(sections)
    assert not {"binding_measure", "binding_bar"} & set(sections)


@pytest.mark.parametrize("action", ["binding.bar", "binding.unbind", "binding.seal", "binding.add"])
def test_copy_does_not_tell_what_befell_other_guardians_of_the_child(
    home: House, cast: Cast, action: str
) -> None:
    by = f"guardian:{cast.hua}" if action == "binding.add" else "staff:x"
    with transaction(home.engine) as session:
        record_audit(session, actor=by, action=action, subject=f"student:{cast.ming}", now=NOW)
    assert action not in acts_in(copy_of(home, cast.mei), "另一位家長", "學校人員")


def test_copy_tells_own_acts_and_the_staffs_looks_at_the_child(home: House, cast: Cast) -> None:
    ming = f"student:{cast.ming}"
    with transaction(home.engine) as session:
        record_audit(
            session, actor=f"guardian:{cast.mei}", action="binding.add", subject=ming, now=NOW
        )
        record_audit(session, actor="staff:x", action="student.look", subject=ming, now=NOW)
    sections = copy_of(home, cast.mei)
    assert "binding.add" in acts_in(sections, "本人")
    assert acts_in(sections, "學校人員") == {"children.look", "student.look"}


def acts_in(sections: dict[str, Section], *actors: str) -> set[str]:
    """What these did, as the copy tells it."""
    section = sections["audit_entry"]
    rows = [dict(zip(section.columns, row, strict=True)) for row in section.rows]
    return {row["動作"] for row in rows if row["操作者"] in actors}


def test_what_somebody_typed_can_be_read_in_the_copy(home: House, cast: Cast) -> None:
    assert MEIS.said in "".join("".join(row) for row in copy_of(home, cast.mei)["line_event"].rows)


def test_half_a_sign_somebody_sent_does_not_keep_the_copy_back(home: House, cast: Cast) -> None:
    event = metadata().tables["line_event"]
    half = json.dumps({"message": {"text": "今天\ud83d"}}).encode()
    with transaction(home.engine) as session:
        session.execute(update(event).values(body=half))
    assert "今天?" in text_of(copy_of(home, cast.mei))


def test_todays_gate_is_not_in_a_copy_made_in_the_quiet_day(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        binding = session.exec(select(Binding).where(Binding.guardian_id == cast.mei)).one()
        binding.quiet_until = NOW + timedelta(hours=1)
        session.add(binding)
    sections = copy_of(home, cast.mei)
    assert (sections["tap"].rows, sections["attendance_day"].rows) == ([], [])
    assert "07:41" not in text_of({"notice": sections["notice"]})
    with snapshot(home.engine) as session:
        counted = {one.table for one in holdings(session, home.vault, cast.mei, NOW)}
    assert not {"tap", "attendance_day"} & counted
