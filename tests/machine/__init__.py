"""The state machine of a school day."""
