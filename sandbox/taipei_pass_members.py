"""Sample members of the simulated Taipei Pass; every fact is invented."""

import uuid
from dataclasses import dataclass

from sandbox.people import Json

_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1)


def complete_id_number(nine: str) -> str:
    """Return the number with its check digit; `nine` is the letter and eight digits.

    Source: the national number's rule: the letter counts as 10 to 35 in the order of _LETTERS.
    """
    digits = f"{10 + _LETTERS.index(nine[0])}{nine[1:]}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return f"{nine}{-total % 10}"


@dataclass(frozen=True, slots=True)
class Member:
    """A Taipei Pass account; verify level "0" is a general, unverified one."""

    account: str
    real_name: str
    id_number: str
    email: str
    phone: str
    birthday: str
    verify_level: str
    is_citizen: bool

    @property
    def member_id(self) -> str:
        """Return the account's UUID."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:taipei-pass:{self.account}"))

    @property
    def level_word(self) -> str:
        """Return the member level as the page names it."""
        if self.verify_level == "0":
            return "一般會員"
        return "金質會員" if self.is_citizen else "金質會員（居留證）"

    def profile(self) -> Json:
        """Return the `data` of the profile envelope."""
        return {
            "id": self.member_id,
            "account": self.account,
            "username": self.account,
            "realName": self.real_name,
            "idNo": self.id_number,
            "email": self.email,
            "phoneNo": self.phone,
            "birthday": self.birthday,
            "memberType": "personal",
            "verifyLevel": self.verify_level,
            "addresses": [],
            "residentAddress": None,
            "citizen": self.is_citizen,
            "nativePeople": False,
            "cityInternetUid": None,
        }


def sample_members() -> dict[str, Member]:
    """Return all members by account."""
    members = (
        _member("yating.lin", "林雅婷", "A29990001", "1986/04/12"),
        _member("chihyuan.lin", "林志遠", "A19990002", "1984/11/03"),
        _member("thimei.nguyen", "阮氏梅", "A90990003", "1990/08/25", is_citizen=False),
        _member("datong.wang", "王大同", "F19990004", "1979/01/30", verify_level="0"),
        _member("yijun.chen", "陳怡君", "B29990005", "1988/06/18"),
    )
    return {member.account: member for member in members}


def _member(
    account: str,
    real_name: str,
    number: str,
    birthday: str,
    *,
    verify_level: str = "3",
    is_citizen: bool = True,
) -> Member:
    return Member(
        account=account,
        real_name=real_name,
        id_number=complete_id_number(number),
        email=f"{account}@example.org",
        phone=f"09000001{number[-2:]}",
        birthday=birthday,
        verify_level=verify_level,
        is_citizen=is_citizen,
    )
