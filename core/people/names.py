"""Names: what may be kept, what is said aloud, what is shown half."""

import re
import unicodedata
from functools import lru_cache

MAX_NAME = 40
MAX_LATIN_GIVEN = 10
ADDRESS = re.compile(r"[<>]|://|www\.|\.(?:com|net|org|tw|me|cc|ly)\b", re.IGNORECASE | re.ASCII)
MIDDLE_DOTS = "·・‧•．"
BETWEEN_PARTS = re.compile(f"[ {re.escape(MIDDLE_DOTS)}]+")
# Two-character surnames in use in Taiwan; the second of 張簡 or 歐陽 is no part of a given name.
COMPOUND_SURNAMES = frozenset(
    ["歐陽", "司馬", "上官", "諸葛", "司徒", "皇甫", "尉遲", "公孫", "慕容", "令狐"]
    + ["東方", "夏侯", "端木", "張簡", "范姜", "張廖", "周黃", "江謝"]
)
# How a school's official name begins and ends, and what people say instead.
SCHOOL_OWNERS = (
    "臺北市立",
    "台北市立",
    "臺北市私立",
    "台北市私立",
    "國立",
    "私立",
    "臺北市",
    "台北市",
)
SCHOOL_ENDINGS = (
    ("國民小學", "國小"),
    ("國民中學", "國中"),
    ("高級中學", "高中"),
    ("高級中等學校", "高中"),
    ("特殊教育學校", "特教學校"),
)
_ALLOWED_MARKS = frozenset(" -'’" + MIDDLE_DOTS)


def clean_name(text: str) -> str | None:
    """Return the name without controls and stray spaces, or None when it can't be a name.

    Letters, marks, spaces, hyphens, apostrophes and middle dots, at most 40: so a name can hold no
    link, no markup and no text-direction trick.
    """
    visible = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    if not name or len(name) > MAX_NAME:
        return None
    if all(char in _ALLOWED_MARKS or unicodedata.category(char)[0] in "LM" for char in name):
        return name
    return None


def clean_line(text: str) -> str | None:
    """Return a line of somebody's own words without controls, or None when it holds an address.

    What a school writes beside our words may be read as ours: no link, no markup.
    """
    visible = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    line = " ".join(visible.split())
    return None if ADDRESS.search(line) else line


def fold_name(text: str) -> str:
    """Return the form in which two spellings of one name are equal."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(
        char
        for char in folded
        if char not in _ALLOWED_MARKS and not char.isspace() and not _is_unseen(char)
    )


def _is_unseen(char: str) -> bool:
    # Joiners and the selectors that ask for another drawing of the same character.
    return unicodedata.category(char) == "Cf" or unicodedata.name(char, "").startswith("VARIATION")


@lru_cache(maxsize=4096)
def given_name(name: str) -> str:
    """Return what a guardian calls the child: 王小明 → 小明, 歐陽小明 → 小明, Anna Lee → Anna.

    Two-character names stay whole; Latin and indigenous names give their first part.
    """
    parts = [part for part in BETWEEN_PARTS.split(name) if part]
    if len(parts) > 1 or not _is_han(name):
        return parts[0][:MAX_LATIN_GIVEN] if parts else name
    if len(name) <= 2:
        return name
    return name[2:] if name[:2] in COMPOUND_SURNAMES else name[1:]


def short_school_name(name: str) -> str:
    """Return how people call a school: 臺北市立榕光國民小學 → 榕光國小."""
    owner = next((start for start in SCHOOL_OWNERS if name.startswith(start)), "")
    short = name.removeprefix(owner)
    for ending, spoken in SCHOOL_ENDINGS:
        if short.endswith(ending):
            return short.removesuffix(ending) + spoken
    return short


def masked_name(name: str) -> str:
    """Return the name half hidden: 王○, 王○明, 歐○○明, A○○ C○○."""
    if not _is_han(name):
        return " ".join(f"{part[0]}○○" for part in name.split())
    if len(name) <= 2:
        return f"{name[:1]}○"
    return f"{name[0]}{'○' * (len(name) - 2)}{name[-1]}"


def _is_han(name: str) -> bool:
    return all(unicodedata.name(char, "").startswith("CJK") or char in MIDDLE_DOTS for char in name)
