"""Every route of the whole application says who may pass it, and is held to it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

import app as composition
import bot
import liff
from core.guards import SIGNED, Guard, guard_of
from core.settings import load_settings

FACES = [Path(str(face.__file__)).parent for face in (bot, liff)]
# Told by id what a child is or did: for these there are doors.
OF_CHILDREN = {"Student", "AttendanceDay", "Leave", "Tap", "Binding"}
BY_ID = {"get", "get_one"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as it is put together, with every route there is."""
    folder = tmp_path_factory.mktemp("whole")
    settings = load_settings(
        _env_file=None,
        database_url=f"sqlite:///{folder}/gate.db",
        clock_now="2026-11-23T07:20:00+08:00",
    )
    return composition.create_app(settings)


def routes(whole: Flask) -> Iterator[tuple[Rule, Guard | None]]:
    for rule in whole.url_map.iter_rules():
        yield rule, guard_of(whole.view_functions[rule.endpoint])


def test_every_route_declares_its_guard(whole: Flask) -> None:
    found = list(routes(whole))
    assert len(found) > 40
    assert [rule.rule for rule, guard in found if not isinstance(guard, Guard)] == []


def test_staff_pages_are_for_staff_and_nothing_but_these_is_open(whole: Flask) -> None:
    by_guard = {rule.rule: guard for rule, guard in routes(whole)}
    unguarded = {rule for rule, guard in by_guard.items() if guard is Guard.OPEN}
    assert unguarded == {
        "/gate/v1/time",
        "/healthz",
        "/liff/",
        # Where LINE's pages can't open nobody is signed in; a ticket in the browser says who it is.
        "/liff/account-link",
        "/liff/account-link/confirm",
        # Who has just unlinked is signed out; it shows one sentence.
        "/liff/account/unlinked",
        "/liff/bureau/callback",
        # Says that it is done, to somebody who is nobody here any more.
        "/liff/deleted/<code>",
        "/liff/help",
        # A signed link, good once, that LINE opens in a browser where nobody is signed in.
        "/liff/my-data/file/<token>",
        "/liff/privacy",
        "/liff/language",
        "/liff/session",
        "/liff/session/end",
        # A signed link that LINE opens in a browser where nobody is signed in.
        "/liff/staff/codes/<token>",
        "/liff/staff/download/<token>",
        "/liff/staff/sms/settlement/<token>",
        "/liff/staff/sms/slips/<token>",
        "/liff/staff/survey/<token>",
        "/liff/static/<path:filename>",
        "/liff/taipei-pass/callback",
        "/readyz",
    }
    staff = {rule for rule in by_guard if rule.startswith("/liff/staff")} - unguarded
    assert {by_guard[rule] for rule in staff} == {Guard.STAFF}


def test_every_form_but_the_signed_intakes_wants_its_token(whole: Flask) -> None:
    client = whole.test_client()
    for rule, guard in routes(whole):
        if "POST" not in (rule.methods or ()) or guard in (*SIGNED, Guard.DEVELOPMENT):
            continue
        path = rule.rule.replace("<uuid:", "<").replace("path:", "")
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "0b0e5b9c-9f6c-4c6e-8d1e-000000000000")
        assert client.post(path, data={"answer": "confirm"}).status_code == 400, rule.rule


def test_steps_that_cannot_be_taken_back_want_a_recent_proof(whole: Flask) -> None:
    sensitive = {
        rule.rule
        for rule, _ in routes(whole)
        if vars(whole.view_functions[rule.endpoint]).get("is_sensitive")
    }
    assert sensitive >= {
        "/liff/children/new",
        "/liff/staff/closures/new",
        "/liff/staff/closures/<uuid:closure_id>",
        "/liff/staff/export",
    }


def _reads(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        is_by_id = isinstance(node.func, ast.Attribute) and node.func.attr in BY_ID
        is_select = isinstance(node.func, ast.Name) and node.func.id == "select"
        named = {one.id for arg in node.args for one in ast.walk(arg) if isinstance(one, ast.Name)}
        if is_by_id and named & OF_CHILDREN:
            yield f"{path.name}:{node.lineno}"
        if is_select and named & {"Student", "AttendanceDay"}:
            yield f"{path.name}:{node.lineno}"


def test_no_page_and_no_chat_handler_reads_a_child_but_through_a_door() -> None:
    files = [path for face in FACES for path in face.rglob("*.py")]
    assert len(files) > 60
    assert [found for path in files for found in _reads(path)] == []
