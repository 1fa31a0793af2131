"""National identity and residence-permit numbers: normalising and the check digit.

Source: the published rule (letter values, weights 1 9 8 7 6 5 4 3 2 1 1, sum divisible by ten) for
national numbers, the residence numbers used since 2021-01-02 and the two-letter ones before.
"""

import re
import unicodedata

LETTER_VALUES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21)
        + (22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33),
        strict=True,
    )
)
# Spaces, dashes of any length, line breaks and what cannot be seen.
UNREAD = frozenset({"Zs", "Zl", "Zp", "Pd", "Cc", "Cf"})
WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
SHAPE = re.compile(r"[A-Z][1289A-D]\d{8}", re.ASCII)
OLD_RESIDENCE = re.compile(r"[A-Z][A-D]\d{8}", re.ASCII)
NEW_RESIDENCE = re.compile(r"[A-Z][89]\d{8}", re.ASCII)


def normalise(text: str) -> str:
    """Return the number as it is compared: half width, upper case, no spaces, no dashes."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in folded if unicodedata.category(char) not in UNREAD)


def is_valid(number: str) -> bool:
    """Tell whether a normalised number has the right shape and check digit."""
    if not SHAPE.fullmatch(number):
        return False
    second = number[1] if number[1].isdigit() else str(LETTER_VALUES[number[1]] % 10)
    digits = f"{LETTER_VALUES[number[0]]}{second}{number[2:]}"
    weighted = (int(d) * weight for d, weight in zip(digits, WEIGHTS, strict=True))
    return sum(weighted) % 10 == 0


def is_renewal(former: str, number: str) -> bool:
    """Tell whether a residence number of the old form gave way to one of the new form.

    Both normalised. Every other change of a number corrects a mistake.
    """
    is_old = OLD_RESIDENCE.fullmatch(former) is not None
    return is_old and NEW_RESIDENCE.fullmatch(number) is not None


def with_check_digit(first_nine: str) -> str:
    """Return the valid number that begins with these nine characters, such as A12345678."""
    return next(number for digit in range(10) if is_valid(number := f"{first_nine}{digit}"))
