"""Watching: what happens and what does not is counted, told to machines, and explained."""
