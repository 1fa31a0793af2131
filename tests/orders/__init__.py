"""Orders of the SMS service."""
