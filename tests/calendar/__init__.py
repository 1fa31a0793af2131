"""Tests of the calendar room."""
