"""Numbers as a request says them: whole, and never longer than what they are for."""


def whole_number(text: str, most: int) -> int | None:
    """Return the number from 0 to `most` that digits say, None for everything else."""
    plain = text.strip()
    # Looked at before it is read: thousands of digits are an error to int(), not a number.
    is_short = plain.isascii() and plain.isdigit() and len(plain) <= len(str(most))
    number = int(plain) if is_short else None
    return number if number is not None and number <= most else None
