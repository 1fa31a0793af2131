"""The password rules of Taipei Pass, for the form, its script and the check."""

import re
from dataclasses import dataclass

from werkzeug.security import check_password_hash, generate_password_hash

# Invented secrets on one machine: few rounds, so that a page answers at once.
_METHOD = "pbkdf2:sha256:1000"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in words, and the pattern that browser and server look for."""

    words: str
    pattern: str


# Source: the general-member registration guide.
RULES = (
    Rule("至少 8 個字元", r".{8,}"),
    Rule("有大寫英文字母", r"[A-Z]"),
    Rule("有小寫英文字母", r"[a-z]"),
    Rule("有數字", r"[0-9]"),
    Rule("有 ! @ # $ % ^ + = 其中一個符號", r"[!@#$%^+=]"),
)


def broken_rules(password: str) -> list[str]:
    """Return the words of the rules a password breaks."""
    return [rule.words for rule in RULES if not re.search(rule.pattern, password)]


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return generate_password_hash(password, method=_METHOD)


def is_password(kept: str, password: str) -> bool:
    """Tell whether this is the password; never where none was set."""
    return bool(kept) and check_password_hash(kept, password)
