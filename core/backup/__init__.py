"""Backups: made while everything runs, checked, put back without telling anything twice."""
