"""What becomes of an event: read, decide what to say, never send."""
