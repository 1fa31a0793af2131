"""Keeping it alive: scheduler ticks, sample data, health."""
