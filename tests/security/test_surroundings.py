"""What signs people in goes to LINE and Taipei Pass themselves, past proxies and a netrc."""

from pathlib import Path

import pytest

from core.house import House
from liff.deauthorize import Deauthorized, deauthorize
from liff.line_login import LineIdentity, LineLogin
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.misled import mislead

NEW = "U" + "c" * 32


@pytest.fixture(autouse=True)
def misled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment leads astray."""
    mislead(monkeypatch, tmp_path)


def test_person_signs_in_and_links(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW)
    phone.come_back(phone.go_to_pass())
    assert phone.confirm().location == "/liff/children/new?note=linked"


def test_line_is_asked_for_a_token_and_told_of_an_end(pages: House, outside: Outside) -> None:
    token = outside.add_person(NEW)
    found = LineLogin(pages.settings).verify_at_line(token, pages.clock.now())
    assert isinstance(found, LineIdentity)
    assert deauthorize(pages.settings, "liff-access-token") is Deauthorized.DONE
