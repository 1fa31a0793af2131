"""Keeping secrets."""
