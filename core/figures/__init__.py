"""Figures of a school's day: counted by the database, for pictures. No child is named."""
