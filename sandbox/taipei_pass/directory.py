"""The members of one provider: finding, registering, raising to gold."""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from sandbox.taipei_pass.members import Member
from sandbox.taipei_pass.passwords import hash_password, is_password

GENERAL, GOLD = "0", "3"
_KEPT = TypeAdapter(dict[str, Member])


class Directory:
    """Members by account; `members` stays the same dict for all who hold it."""

    def __init__(self, make_samples: Callable[[], dict[str, Member]]) -> None:
        self._make_samples = make_samples
        self.members: dict[str, Member] = make_samples()

    def reset(self) -> None:
        """Go back to the sample members."""
        self.members.clear()
        self.members.update(self._make_samples())

    def dump(self) -> Any:
        """Return the members, for the state file."""
        return _KEPT.dump_python(self.members, mode="json")

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        self.members.clear()
        self.members.update(_KEPT.validate_python(data))

    def find(self, login: str) -> Member | None:
        """Return the member of this account name, e-mail address or phone number."""
        wanted = login.strip().lower()
        for name in ("account", "email", "phone"):
            for member in list(self.members.values()):
                if wanted and getattr(member, name).lower() == wanted:
                    return member
        return None

    def find_by_id(self, id_number: str) -> Member | None:
        """Return the gold member whose number this is."""
        members = list(self.members.values())
        found = (one for one in members if one.id_number == id_number)
        return next((one for one in found if one.verify_level == GOLD), None)

    def sign_in(self, login: str, password: str, kind: str) -> Member | None:
        """Return the member of that kind whose password this is."""
        member = self.find(login)
        if member is None or member.kind != kind:
            return None
        return member if is_password(member.password_hash, password) else None

    def register(self, contact: str, real_name: str, kind: str, password: str) -> Member:
        """Add a general or organisation member who proved a phone number or e-mail address."""
        is_mail = "@" in contact
        member = Member(
            account=contact,
            real_name=real_name,
            id_number="",
            email=contact if is_mail else "",
            phone="" if is_mail else contact,
            birthday="",
            verify_level=GENERAL,
            is_citizen=False,
            kind=kind,
            password_hash=hash_password(password),
        )
        self.members[contact] = member
        return member

    def set_password(self, account: str, password: str) -> None:
        """Replace a member's password."""
        self.members[account].password_hash = hash_password(password)

    def raise_to_gold(self, account: str, id_number: str, birthday: str, *, citizen: bool) -> None:
        """Note what a proof has shown; `birthday` is YYYY/MM/DD."""
        member = self.members[account]
        member.id_number, member.birthday = id_number, birthday
        member.verify_level, member.is_citizen = GOLD, citizen

    def raise_organization(self, account: str, unified_number: str) -> None:
        """Note the unified business number that a certificate has shown."""
        member = self.members[account]
        member.id_number, member.verify_level = unified_number, GOLD
