"""發送 603 內容: whom a message is for and what it says, as it was typed. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from core.announcements.texts import LONGEST_TITLE

VERBS = ("發公告", "發送", "公告")
WHOLE_SCHOOL = ("全校", "全體")
GRADES = "一二三四五六七八九"
GRADE = re.compile(rf"(?:(?P<digits>[0-9]{{1,2}})|(?P<han>[{GRADES}]))\s*年級")
HOMEROOM = re.compile(
    rf"(?P<name>[0-9]{{3,5}}|[0-9]{{1,2}}年[0-9]{{1,2}}班?|[{GRADES}]年\w{{1,2}}班)班?"
)
# Where a line that is too long for a title may end.
ENDS = re.compile(r"[。，；！？,;!?\s]")


@dataclass(frozen=True, slots=True)
class SendingWords:
    """Whom it is for (at most one of the three) and the words, with their lines."""

    is_school: bool = False
    grade: int | None = None
    homeroom: str = ""
    content: str = ""

    @property
    def names_audience(self) -> bool:
        """Tell whether somebody is named at all."""
        return self.is_school or self.grade is not None or bool(self.homeroom)

    @property
    def title(self) -> str:
        """Return the first line, cut at the end of a clause where it is too long."""
        first = self.content.split("\n")[0].strip()
        if len(first) <= LONGEST_TITLE:
            return first
        ends = [found.start() for found in ENDS.finditer(first[: LONGEST_TITLE + 1])]
        return first[: ends[-1] if ends and ends[-1] else LONGEST_TITLE].strip()

    @property
    def body(self) -> str:
        """Return what stands below the title; where the title is all, it stands twice."""
        first, _, rest = self.content.partition("\n")
        is_whole_line = first.strip() == self.title and rest.strip()
        return rest.strip() if is_whole_line else self.content.strip()


def read_sending(text: str) -> SendingWords:
    """Return what a text asks to be sent to whom; the words stay as they were typed."""
    rest = _without_verb(text.strip().removeprefix("/").removeprefix("／").strip())
    first, tail = _first_word(rest)
    plain = unicodedata.normalize("NFKC", first)
    if plain in WHOLE_SCHOOL:
        return SendingWords(is_school=True, content=tail)
    if found := GRADE.fullmatch(plain):
        digits = found["digits"] or str(GRADES.index(found["han"]) + 1)
        return SendingWords(grade=int(digits), content=tail)
    if found := HOMEROOM.fullmatch(plain):
        return SendingWords(homeroom=found["name"], content=tail)
    return SendingWords(content=rest)


def for_class_first(said: SendingWords) -> SendingWords:
    """Return the same with the first word read as a class."""
    first, tail = _first_word(said.content)
    return SendingWords(homeroom=unicodedata.normalize("NFKC", first), content=tail)


def _without_verb(text: str) -> str:
    verb = next((verb for verb in VERBS if text.startswith(verb)), "")
    return text.removeprefix(verb).strip()


def _first_word(text: str) -> tuple[str, str]:
    found = re.match(r"\S+", text)
    first = found[0] if found else ""
    return first, text[len(first) :].strip()
