"""Telephone numbers as people read them."""

from core.languages.speech import _

# How our settings and the schools' rosters write an extension.
EXTENSION = "轉"


def phone_words(number: str) -> str:
    """Return a number with its extension in the language spoken: 1999 轉 8585, 1999 ext. 8585."""
    main, mark, extension = number.partition(EXTENSION)
    if not mark:
        return number
    return _("{number} 轉 {extension}", number=main.strip(), extension=extension.strip())
