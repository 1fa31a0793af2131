"""Telling: fan-out, wording, outbox, delivery worker, channels."""
