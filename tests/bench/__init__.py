"""Tests that the benches run."""
