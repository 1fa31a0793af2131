"""Tests of the duty room."""
