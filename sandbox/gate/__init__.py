"""The school gates: readers, taps, whole mornings, and the panel that moves them."""
