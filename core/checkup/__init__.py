"""Checkup: what is wrong with settings, machine, database and the way outside, with hints."""
