"""Ways out of the house beside LINE: one e-mail, one text message, and what became of it."""
