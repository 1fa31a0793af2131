"""The roster file: read, checked, compared with what is known, and taken over whole or not."""
