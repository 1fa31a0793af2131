"""Tests of the binding room."""
