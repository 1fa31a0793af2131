"""The pages of a house whose LINE and Taipei Pass are the small fake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import Session

from core.db import transaction
from core.house import House
from liff import make_blueprint
from liff.form_token import FormToken
from tests.factories import HUA, MEI, make_binding, make_guardian, make_school, make_student
from tests.liff.desk import ADMIN, OFFICER, StaffPhone, phone_of
from tests.liff.outside import CHANNEL, Outside, running_outside
from tests.liff.phone import Phone
from tests.liff.sms_desk import open_service, verify_phone

MenuChanges = list[tuple[str, bool]]


@pytest.fixture
def outside() -> Iterator[Outside]:
    """LINE's token check and Taipei Pass."""
    with running_outside() as outside:
        yield outside


@pytest.fixture
def pages(house: House, outside: Outside, tmp_path: Path) -> House:
    """The house, talking to the fake."""
    outside.clock = house.clock.now
    changed = {
        "line_api_base": outside.url,
        "line_login_channel_id": CHANNEL,
        "taipei_pass_pkce": True,
        "taipei_pass_authorize_url": f"{outside.url}/tpcd/oauth/authorize",
        "taipei_pass_token_url": f"{outside.url}/tpcd/oauth/token",
        "taipei_pass_profile_url": f"{outside.url}/tpcd/api/v1.0.9/user/my",
        "tombstones_file": str(tmp_path / "tombstones"),
    }
    return replace(house, settings=house.settings.model_copy(update=changed))


@pytest.fixture
def menu_changes() -> MenuChanges:
    """Whose rich menu was changed, in order."""
    return []


@pytest.fixture
def app(pages: House, menu_changes: MenuChanges) -> Flask:
    """The pages alone in an application."""
    return make_app(pages, lambda user_id, is_bound: menu_changes.append((user_id, is_bound)))


@pytest.fixture
def phone(app: Flask, outside: Outside) -> Phone:
    """A browser nobody has signed in on."""
    return Phone(app, outside)


@dataclass(frozen=True, slots=True)
class Family:
    """Mei, linked, and Ming, bound to her."""

    guardian_id: str
    binding_id: str
    student_id: str

    @property
    def page(self) -> str:
        """Return the address of Ming's page."""
        return f"/liff/children/{self.binding_id}"


@pytest.fixture
def family(pages: House) -> Family:
    """Mei and Ming."""
    with transaction(pages.engine) as session:
        make_school(session)
        return make_family(session, pages)


def make_family(session: Session, house: House) -> Family:
    """Mei with her child; the school must be there."""
    guardian = make_guardian(session, house)
    student = make_student(session, house)
    binding = make_binding(session, guardian, student)
    return Family(str(guardian.id), str(binding.id), str(student.id))


@pytest.fixture
def sms_service(pages: House, family: Family) -> None:
    """The SMS service is open, and Mei proved her number."""
    with transaction(pages.engine) as session:
        open_service(session, pages)
        verify_phone(session, pages, UUID(family.guardian_id))


@pytest.fixture
def mei(phone: Phone, family: Family) -> Phone:
    """Mei's browser, signed in."""
    return phone.sign_in(MEI)


@pytest.fixture
def hua(app: Flask, outside: Outside, pages: House, family: Family) -> Phone:
    """A stranger: signed in and linked, bound to nobody."""
    with transaction(pages.engine) as session:
        make_guardian(session, pages, HUA, name="華大明")
    return Phone(app, outside).sign_in(HUA)


@pytest.fixture
def staff_phone(app: Flask, outside: Outside, pages: House, family: Family) -> StaffPhone:
    """The browser of one of the school's people, whom the test names."""
    return lambda line_user_id: phone_of(app, outside, pages, line_user_id)


@pytest.fixture
def officer(staff_phone: StaffPhone) -> Phone:
    """The officer of Ming's school."""
    return staff_phone(OFFICER)


@pytest.fixture
def admin(staff_phone: StaffPhone) -> Phone:
    """The admin of Ming's school, the second person where two are wanted."""
    return staff_phone(ADMIN)


def make_app(house: House, on_link: Callable[[str, bool], None]) -> Flask:
    """The pages with the protection the composition root gives them."""
    app = Flask("pages", static_folder=None)
    app.config.update(SECRET_KEY="test", SESSION_COOKIE_SAMESITE="Lax")
    FormToken(app)
    app.register_blueprint(make_blueprint(house, on_link))
    return app
