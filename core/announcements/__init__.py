"""Announcements: what schools and the bureau write for guardians to read."""
