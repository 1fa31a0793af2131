"""Tests mirror the rooms; flow/ goes from tap to message, browser/ uses a real engine."""
