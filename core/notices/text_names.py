"""Names as a text message can hold them: so many UCS-2 units and no more, by rule.

A sign beyond the first 65,536 counts two units, so length is never counted in characters.
"""

import re
import unicodedata

from core.people.names import short_school_name

SCHOOL_UNITS, CHILD_UNITS, PHONE_UNITS = 12, 10, 11
# Of a name that is still too long, beside its level word.
BODY_UNITS = 8
# The longer first: a word may end like another.
LEVEL_WORDS = (
    "特教學校", "家商", "高工", "高商", "高農", "高職", "海事", "國小", "國中", "高中",
    "附小", "附中", "小學", "中學", "學校",
)  # fmt: skip
ENDINGS = (
    ("高級家事商業職業學校", "家商"),
    ("高級工業家事職業學校", "工家"),
    ("高級工業職業學校", "高工"),
    ("高級商業職業學校", "高商"),
    ("高級家事職業學校", "高家"),
    ("高級農業職業學校", "高農"),
    ("附屬實驗國民小學", "附小"),
    ("附設實驗國民小學", "附小"),
    ("附屬國民小學", "附小"),
    ("附設國民小學", "附小"),
    ("附屬高級中學", "附中"),
    ("附屬高級中等學校", "附中"),
    ("附屬高中", "附中"),
    ("附設實驗國小", "附小"),
    ("附設國小", "附小"),
)
DISTRICT = re.compile(r"^\w{2}區(?=\w{2,})")


def units_of(text: str) -> int:
    """Return how many UCS-2 units a text takes."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitted(text: str, units: int) -> str:
    """Return the text on one line, without controls, cut to so many units.

    A mark that belongs to a letter is cut with it.
    """
    line = _on_one_line(text)
    if units_of(line) <= units:
        return line
    kept = ""
    for cluster in _clusters(line):
        if units_of(kept + cluster) > units:
            break
        kept += cluster
    return kept.rstrip()


def child_for_text(given: str) -> str:
    """Return a given name of at most 10 units."""
    return fitted(given, CHILD_UNITS)


def school_for_text(name: str) -> str:
    """Return a school, or a closure's scope, in at most 12 units; never cut inside a level word.

    The first that fits: as the roster calls it; without owner and district and with its level in
    two signs; the first 8 units with the level.
    """
    line = _on_one_line(name)
    whole = line.replace(" ", "") if _is_han(line) else line
    if units_of(whole) <= SCHOOL_UNITS:
        return whole
    # A scope: 榕光國小 6 年級. It goes to the right people whether or not it is named in full.
    short = _without_district(_by_ending(line.partition(" ")[0] if _is_han(line) else line))
    if units_of(short) <= SCHOOL_UNITS:
        return short
    level = next((word for word in LEVEL_WORDS if short.endswith(word)), "")
    if level:
        return fitted(short.removesuffix(level), BODY_UNITS) + level
    return _at_a_word(fitted(short, SCHOOL_UNITS), short)


def phone_for_text(number: str) -> str:
    """Return a telephone number in at most 11 units: one hyphen and no extension; "" for none."""
    area, *rest = [part for part in re.split(r"\D+", re.split(r"[轉#~;,]", number)[0]) if part] or [
        ""
    ]
    digits = "".join(rest)
    dialled = f"{area}-{digits}" if area and digits else area + digits
    return dialled if len(dialled) <= PHONE_UNITS else dialled.replace("-", "")[:PHONE_UNITS]


def _on_one_line(text: str) -> str:
    visible = "".join(
        char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(visible.split())


def _clusters(text: str) -> list[str]:
    found: list[str] = []
    for char in text:
        if found and (unicodedata.combining(char) or "VARIATION" in unicodedata.name(char, "")):
            found[-1] += char
        else:
            found.append(char)
    return found


def _by_ending(name: str) -> str:
    for ending, spoken in ENDINGS:
        if name.endswith(ending):
            return short_school_name(name.removesuffix(ending)) + spoken
    return short_school_name(name)


def _without_district(name: str) -> str:
    return DISTRICT.sub("", name)


def _at_a_word(cut: str, whole: str) -> str:
    if _is_han(whole) or whole.startswith(cut + " ") or " " not in cut:
        return cut
    return cut.rpartition(" ")[0]


def _is_han(text: str) -> bool:
    return any(unicodedata.east_asian_width(char) in "WF" for char in text)
