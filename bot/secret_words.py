"""A200000012: identity numbers typed into the chat, which are neither kept nor read."""

import re
import unicodedata

from core.people import identity_numbers

# Stands in place of the text that held one, from before it is stored.
HIDDEN = "〔身分證字號〕"
# Any ten or eleven signs that may be one; the check digit tells.
SHAPE = re.compile(r"(?<![A-Z0-9])[A-Z]{1,2}[ -]?[0-9A-D](?:[ -]?[0-9]){7,8}(?![A-Z0-9])")


def holds_identity(text: str) -> bool:
    """Tell whether a text holds a valid national or residence number, or did."""
    plain = unicodedata.normalize("NFKC", text).upper()
    found = (re.sub("[ -]", "", one[0]) for one in SHAPE.finditer(plain))
    return HIDDEN in text or any(identity_numbers.is_valid(one) for one in found)
