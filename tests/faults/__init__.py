"""Faults on purpose: real processes are killed, stalled and cut off while children tap."""
