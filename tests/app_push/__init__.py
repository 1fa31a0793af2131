"""App pushes, from the outbox to the sandbox's gateway."""
