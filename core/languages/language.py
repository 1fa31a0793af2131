"""The languages people may choose, and which one somebody else's word for it means."""

from enum import StrEnum
from functools import lru_cache


class Language(StrEnum):
    """The value is how Babel, a guardian's row and the folders of the catalogues name it."""

    CHINESE = "zh_Hant_TW"
    ENGLISH = "en"
    VIETNAMESE = "vi"
    INDONESIAN = "id"
    JAPANESE = "ja"

    @property
    def tag(self) -> str:
        """Return the name a page's `lang` attribute wants: zh-Hant-TW."""
        return self.value.replace("_", "-")

    @property
    def is_han(self) -> bool:
        """Tell whether its sentences are written without spaces, in full-width marks."""
        return self in (Language.CHINESE, Language.JAPANESE)


# The sentences in the code are its.
SOURCE = Language.CHINESE
# Each as its own speakers write it; never translated.
OWN_NAMES = {
    Language.CHINESE: "中文",
    Language.ENGLISH: "English",
    Language.VIETNAMESE: "Tiếng Việt",
    Language.INDONESIAN: "Bahasa Indonesia",
    Language.JAPANESE: "日本語",
}
# Whatever else the first part of a tag may be; old Androids call Indonesian "in".
_FIRST_PARTS = {one.value.split("_")[0]: one for one in Language} | {"in": Language.INDONESIAN}


# Asked of each guardian a notice goes to. What browsers send may be anything, so it has an end.
@lru_cache(maxsize=256)
def language_of(tag: str) -> Language | None:
    """Return the language a tag such as zh-TW, en_US or vi names, None for one we don't speak."""
    return _FIRST_PARTS.get(tag.strip().replace("_", "-").split("-")[0].lower())
