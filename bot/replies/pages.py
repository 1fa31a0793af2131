"""Addresses of our pages, always in the form that opens inside LINE."""

from dataclasses import dataclass
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

    def child(self, binding_id: UUID) -> str:
        """Return the page of one child."""
        return f"{self.start}/children/{binding_id}"
