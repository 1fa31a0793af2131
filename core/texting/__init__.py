"""Text messages: what goes by them and why, from outbox to the firm that sends them."""
