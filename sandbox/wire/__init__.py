"""How calls come in and answers go out: LINE's words, planned faults, the loopback border."""
