"""Addresses of our pages, always in the form that opens inside LINE."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one LIFF app."""

    liff_id: str

    @property
    def start(self) -> str:
        """Return where signing in begins."""
        return f"https://liff.line.me/{self.liff_id}"

    @property
    def add_child(self) -> str:
        """Return the form that binds a child."""
        return f"{self.start}/children/new"

    @property
    def account(self) -> str:
        """Return the account page."""
        return f"{self.start}/account"

    @property
    def my_data(self) -> str:
        """Return what is kept of the guardian, to copy or to delete."""
        return f"{self.start}/my-data"

    def looks(self, binding_id: UUID) -> str:
        """Return who looked at one child's records."""
        return f"{self.child(binding_id)}/looks"

    @property
    def help(self) -> str:
        """Return the guide."""
        return f"{self.start}/help"

    def question(self, key: str) -> str:
        """Return one question of the guide."""
        return f"{self.help}#{key}"

    @property
    def topics(self) -> str:
        """Return the list of city topics."""
        return f"{self.start}/topics"

    @property
    def delegations(self) -> str:
        """Return what somebody receives in guardians' stead."""
        return f"{self.start}/delegations"

    def delegates(self, binding_id: UUID) -> str:
        """Return who receives one child's news in a guardian's stead."""
        return f"{self.child(binding_id)}/delegates"

    def lost_card(self, binding_id: UUID) -> str:
        """Return where one child's lost card is blocked."""
        return f"{self.child(binding_id)}/lost-card"

    def make_up(self, binding_id: UUID) -> str:
        """Return where a make-up of one child is asked for."""
        return f"{self.child(binding_id)}/make-up"

    @property
    def notices(self) -> str:
        """Return the list of announcements."""
        return f"{self.start}/notices"

    @property
    def sms(self) -> str:
        """Return the paid SMS service."""
        return f"{self.start}/sms"

    def sms_of(self, binding_id: UUID) -> str:
        """Return the paid SMS service of one child."""
        return f"{self.sms}?child={binding_id}"

    @property
    def phone(self) -> str:
        """Return where the mobile number is verified."""
        return f"{self.account}/contact/phone"

    def notice(self, announcement_id: UUID) -> str:
        """Return one announcement."""
        return f"{self.notices}/{announcement_id}"

    @property
    def leaves(self) -> str:
        """Return the list of leaves."""
        return f"{self.start}/leaves"

    def new_leave(self, binding_id: UUID) -> str:
        """Return the form that files a leave for this child."""
        return f"{self.leaves}/new?binding_id={binding_id}"

    def staff(self, path: str = "", **query: str) -> str:
        """Return a staff page."""
        page = f"{self.start}/staff/{quote(path)}".rstrip("/")
        return f"{page}?{urlencode(query)}" if query else page

    def child(self, binding_id: UUID) -> str:
        """Return the page of one child."""
        return f"{self.start}/children/{binding_id}"
