"""What the chat says: plain dicts, built from values, one noun a file."""
