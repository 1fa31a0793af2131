"""Hearing: readers, the signed intake API, taps."""
