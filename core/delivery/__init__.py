"""Delivery: what is due leaves the house, and what became of it is written down."""
