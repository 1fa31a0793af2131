"""A mailbox for everybody: the SMTP listener, the letters, planned failures, the page to read."""
