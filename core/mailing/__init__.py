"""E-mail: letters that notices go by, from outbox to mail server, and how they are ended."""
