"""Tests of the gate room."""
