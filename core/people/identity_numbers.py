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
WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
SHAPE = re.compile(r"[A-Z][1289A-D]\d{8}", re.ASCII)


def normalise(text: str) -> str:
    """Return the number as it is compared: half width, upper case, no spaces or hyphens."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in folded if not char.isspace() and char != "-")


def is_valid(number: str) -> bool:
    """Tell whether a normalised number has the right shape and check digit."""
    if not SHAPE.fullmatch(number):
        return False
    second = number[1] if number[1].isdigit() else str(LETTER_VALUES[number[1]] % 10)
    digits = f"{LETTER_VALUES[number[0]]}{second}{number[2:]}"
    weighted = (int(d) * weight for d, weight in zip(digits, WEIGHTS, strict=True))
    return sum(weighted) % 10 == 0


def with_check_digit(first_nine: str) -> str:
    """Return the valid number that begins with these nine characters, such as A12345678."""
    return next(number for digit in range(10) if is_valid(number := f"{first_nine}{digit}"))
