"""Deciding: school calendar, the pure decision, the day record, no-show."""
