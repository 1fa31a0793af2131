"""How LINE counts text: UTF-16 units nearly everywhere, grapheme clusters for labels."""

import unicodedata

_JOINER = "\u200d"
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """Return how many characters a person sees: marks, joined emoji and flags count once."""
    count = 0
    flag_is_open = False
    previous = ""
    for character in text:
        is_flag_half = ord(character) in _REGIONAL
        if is_flag_half and flag_is_open:
            flag_is_open = False
        elif not _extends(character) and previous != _JOINER:
            count += 1
            flag_is_open = is_flag_half
        previous = character
    return count


def _extends(character: str) -> bool:
    if character == _JOINER or ord(character) in _SKIN_TONES:
        return True
    return unicodedata.category(character) in ("Mn", "Me", "Mc")
