"""Telling: fan-out, wording, outbox."""
