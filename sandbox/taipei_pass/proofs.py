"""How a general member proves who it is: phone line, citizen certificate, counter."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from sandbox.clock import Clock
from sandbox.taipei_pass.directory import Directory
from sandbox.taipei_pass.members import Member, is_id_number, is_residence_number

# Source: the city's page on Taipei Pass: nobody under seven can hold an account.
LEAST_AGE = 7
COUNTER_CODE_LIFE = timedelta(days=7)
SAMPLE_PIN = "123456"
PIN_TRIES = 3
_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_COUNTER_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class ProofRefused(Exception):
    """A refusal in words for the person; `field` is the form's field it belongs to."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Line:
    """A phone line: in whose name it is (a number), and whether it is an ordinary contract."""

    owner: str
    kind: str = "contract"


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says about themselves; `birthday` is YYYY-MM-DD as a date field sends it."""

    id_number: str
    birthday: str


@dataclass(slots=True)
class _Memory:
    lines: dict[str, Line]
    used_owners: set[str]
    wrong_pins: dict[str, int] = field(default_factory=dict)
    counter_codes: dict[str, tuple[Claim, datetime]] = field(default_factory=dict)


_KEPT = TypeAdapter(_Memory)


class Proofs:
    """Carriers, certificate authority and counter in one, for one directory."""

    def __init__(self, clock: Clock, directory: Directory) -> None:
        self._clock = clock
        self._directory = directory
        self.reset()

    def reset(self) -> None:
        """Go back to the sample lines; no card is locked, no code is out."""
        samples = self._directory.members.values()
        lines = {one.phone: Line(one.id_number) for one in samples if one.phone}
        father = self._directory.members.get("chihyuan.lin")
        # One owner, two lines: the second can verify nobody else.
        lines["0900000106"] = Line(father.id_number if father else "")
        lines["0900000191"] = Line("", "prepaid")
        lines["0900000192"] = Line("", "company")
        owners = {one.id_number for one in samples if one.verify_level == "3"}
        self._memory = _Memory(lines, owners)

    def dump(self) -> Any:
        """Return lines, used owners, wrong PINs and codes, for the state file."""
        return _KEPT.dump_python(self._memory, mode="json")

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        self._memory = _KEPT.validate_python(data)

    def check_line(self, claim: Claim, phone: str, *, is_mobile_data: bool) -> None:
        """Look the line up at its carrier. Raises ProofRefused.

        Source: the 2018 LINE guide: mobile data only, one person per line owner, no prepaid,
        company or foreigners' lines.
        """
        if not is_mobile_data:
            raise ProofRefused("network", "請關閉 Wi-Fi，改用行動網路後再試。")
        self.check_claim(claim)
        if is_residence_number(claim.id_number):
            raise ProofRefused("id_number", "外籍人士的門號不能在線上認證，請改用臨櫃辦理。")
        line = self._memory.lines.setdefault(phone, Line(claim.id_number))
        if line.kind != "contract":
            raise ProofRefused("phone", "預付卡和公司門號不能用來認證，請改用其他方式。")
        if line.owner != claim.id_number:
            raise ProofRefused("phone", "這個門號不是登記在這個身分證字號名下。")

    def check_unused(self, claim: Claim, member: Member) -> None:
        """Refuse an owner who has verified another member already. Raises ProofRefused."""
        if claim.id_number in self._memory.used_owners and claim.id_number != member.id_number:
            words = "同一人名下的門號只能認證一位會員，這個身分已經認證過。請改用其他方式。"
            raise ProofRefused("id_number", words)

    def check_certificate(self, claim: Claim, pin: str) -> None:
        """Read a citizen certificate; three wrong PINs lock it. Raises ProofRefused."""
        self.check_claim(claim)
        if is_residence_number(claim.id_number):
            raise ProofRefused("id_number", "自然人憑證只發給有戶籍的國民，請改用臨櫃辦理。")
        self._read_card(claim.id_number, pin)

    def check_organization(self, unified_number: str, pin: str) -> None:
        """Read the certificate of a business or an organisation. Raises ProofRefused."""
        if not is_unified_number(unified_number):
            raise ProofRefused("unified_number", "統一編號不正確，請再看一次。")
        self._read_card(unified_number, pin)

    def _read_card(self, owner: str, pin: str) -> None:
        wrong = self._memory.wrong_pins.get(owner, 0)
        if wrong < PIN_TRIES and secrets.compare_digest(pin.encode(), SAMPLE_PIN.encode()):
            self._memory.wrong_pins.pop(owner, None)
            return
        self._memory.wrong_pins[owner] = wrong + 1
        left = PIN_TRIES - wrong - 1
        if left <= 0:
            raise ProofRefused("pin", "這張憑證已經鎖住，請到發卡的單位解鎖。")
        raise ProofRefused("pin", f"PIN 碼不正確，還可以再試 {left} 次。")

    def make_counter_code(self, claim: Claim) -> str:
        """Hand out a code as the counter does after it saw the papers. Raises ProofRefused."""
        self.check_claim(claim)
        code = "".join(secrets.choice(_COUNTER_ALPHABET) for _ in range(8))
        self._memory.counter_codes[code] = claim, self._clock.now() + COUNTER_CODE_LIFE
        return code

    def take_counter_code(self, code: str) -> Claim:
        """Return whom a counter code stands for, once. Raises ProofRefused."""
        claim, until = self._memory.counter_codes.pop(
            code.strip().upper(), (None, self._clock.now())
        )
        if claim is None or self._clock.now() >= until:
            raise ProofRefused("counter_code", "這組認證碼不正確、用過或過期了。")
        return claim

    def raise_to_gold(self, member: Member, claim: Claim) -> None:
        """Make the member gold. Raises ProofRefused when the number is another member's."""
        held = self._directory.find_by_id(claim.id_number)
        if held is not None and held is not member:
            raise ProofRefused("id_number", "這個身分證字號已經有另一個金質會員。")
        self._memory.used_owners.add(claim.id_number)
        citizen = not is_residence_number(claim.id_number)
        birthday = claim.birthday.replace("-", "/")
        self._directory.raise_to_gold(member.account, claim.id_number, birthday, citizen=citizen)

    def check_claim(self, claim: Claim) -> None:
        """Refuse numbers and birthdays that cannot be. Raises ProofRefused."""
        if not is_id_number(claim.id_number):
            raise ProofRefused("id_number", "身分證字號或居留證號不正確，請再看一次。")
        try:
            born = date.fromisoformat(claim.birthday)
        except ValueError as error:
            raise ProofRefused("birthday", "請填出生日期。") from error
        today = self._clock.now().date()
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if age < LEAST_AGE:
            raise ProofRefused("birthday", "未滿 7 歲不能有台北通帳號。")


def is_unified_number(text: str) -> bool:
    """Tell whether this is a unified business number.

    Source: Ministry of Finance, rule of 2023: the weighted digit sums divide by 5; with a 7 as the
    seventh digit one less does, too.
    """
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        return False
    products = (int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=True))
    total = sum(product // 10 + product % 10 for product in products)
    return total % 5 == 0 or (text[6] == "7" and (total + 1) % 5 == 0)
