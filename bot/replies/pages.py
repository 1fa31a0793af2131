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
    def leaves(self) -> str:
        """Return the list of leaves."""
        return f"{self.start}/leaves"

    def new_leave(self, binding_id: UUID | None = None) -> str:
        """Return the form that files a leave, for one child if named."""
        form = f"{self.leaves}/new"
        return f"{form}?binding_id={binding_id}" if binding_id else form

    def staff(self, path: str = "", **query: str) -> str:
        """Return a staff page."""
        page = f"{self.start}/staff/{quote(path)}".rstrip("/")
        return f"{page}?{urlencode(query)}" if query else page

    def child(self, binding_id: UUID) -> str:
        """Return the page of one child."""
        return f"{self.start}/children/{binding_id}"
