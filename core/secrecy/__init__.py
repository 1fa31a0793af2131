"""Keeping secrets: keys that change, and whose data a key or an account touched."""
