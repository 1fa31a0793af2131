"""Sample members of the simulated Taipei Pass; every fact is invented."""

import re
import uuid
from dataclasses import dataclass

from sandbox.people import Json
from sandbox.taipei_pass.passwords import hash_password

_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1)
_ID_NUMBER = re.compile(r"[A-Z][1289A-D]\d{8}", re.ASCII)
# Every sample member's; the sign-in pages tell it.
SAMPLE_PASSWORD = "Sample+2026"


def complete_id_number(nine: str) -> str:
    """Return the number with its check digit; `nine` is the letter and eight digits.

    Source: the national number's rule: the letter counts as 10 to 35 in the order of _LETTERS.
    """
    digits = f"{10 + _LETTERS.index(nine[0])}{nine[1:]}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return f"{nine}{-total % 10}"


def is_id_number(text: str) -> bool:
    """Tell whether this is a national number or a residence number, new or old.

    Source: Ministry of the Interior: an old residence number's second letter counts as its last
    digit.
    """
    found = _ID_NUMBER.fullmatch(text)
    if found is None:
        return False
    second = text[1] if text[1].isdigit() else str(_LETTERS.index(text[1]) % 10)
    return complete_id_number(f"{text[0]}{second}{text[2:9]}")[-1] == text[9]


def is_residence_number(text: str) -> bool:
    """Tell whether a number is a foreigner's: there is no citizen certificate for it."""
    return text[1:2] not in ("1", "2")


@dataclass(slots=True)
class Member:
    """A Taipei Pass account; verify level "0" is a general, unverified one.

    `kind` is "personal" or "organization"; `password_hash` "" lets nobody in by password.
    """

    account: str
    real_name: str
    id_number: str
    email: str
    phone: str
    birthday: str
    verify_level: str
    is_citizen: bool
    kind: str = "personal"
    password_hash: str = ""

    @property
    def member_id(self) -> str:
        """Return the account's UUID."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:taipei-pass:{self.account}"))

    @property
    def level_word(self) -> str:
        """Return the member level as the page names it."""
        if not self.verify_level:
            return "教育局帳號"
        if self.kind == "organization":
            return "組織會員"
        if self.verify_level == "0":
            return "一般會員"
        return "金質會員" if self.is_citizen else "金質會員（居留證）"

    def profile(self) -> Json:
        """Return the `data` of the profile envelope."""
        profile: Json = {
            "id": self.member_id,
            "account": self.account,
            "username": self.account,
            "realName": self.real_name,
            "idNo": self.id_number or None,
            "email": self.email or None,
            "phoneNo": self.phone or None,
            "birthday": self.birthday or None,
            "memberType": self.kind,
            "addresses": [],
            "residentAddress": None,
            "citizen": self.is_citizen,
            "nativePeople": False,
            "cityInternetUid": None,
        }
        return profile | ({"verifyLevel": self.verify_level} if self.verify_level else {})


def sample_members() -> dict[str, Member]:
    """Return all members by account."""
    members = (
        _member("yating.lin", "林雅婷", "A29990001", "1986/04/12"),
        _member("chihyuan.lin", "林志遠", "A19990002", "1984/11/03"),
        _member("thimei.nguyen", "阮氏梅", "A90990003", "1990/08/25", is_citizen=False),
        _member("datong.wang", "王大同", "F19990004", "1979/01/30", verify_level="0"),
        _member("yijun.chen", "陳怡君", "B29990005", "1988/06/18"),
        _organization("rongguang.pta", "榕光家長會"),
    )
    return {member.account: member for member in members}


def bureau_members() -> dict[str, Member]:
    """Return the accounts of the bureau's single sign-in by account; it knows no levels."""
    members = (
        _member("edu.yating", "林雅婷", "A29990001", "1986/04/12", verify_level=""),
        _member("edu.yijun", "陳怡君", "B29990005", "1988/06/18", verify_level=""),
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
        password_hash=hash_password(SAMPLE_PASSWORD),
    )


def _organization(account: str, name: str) -> Member:
    return Member(
        account=account,
        real_name=name,
        id_number="",
        email=f"{account}@example.org",
        phone="",
        birthday="",
        verify_level="0",
        is_citizen=False,
        kind="organization",
        password_hash=hash_password(SAMPLE_PASSWORD),
    )
