"""Numbers as a request says them: whole, and never longer than what they are for."""

# A Chinese keyboard types digits as wide as its characters.
FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def typed_number(text: str, most: int) -> int | None:
    """Return what a person typed into a field, full-width digits too, as `whole_number` does."""
    return whole_number(text.translate(FULL_WIDTH), most)


def whole_number(text: str, most: int) -> int | None:
    """Return the number from 0 to `most` that digits say, None for everything else."""
    plain = text.strip()
    # Looked at before it is read: thousands of digits are an error to int(), not a number.
    is_short = plain.isascii() and plain.isdigit() and len(plain) <= len(str(most))
    number = int(plain) if is_short else None
    return number if number is not None and number <= most else None
