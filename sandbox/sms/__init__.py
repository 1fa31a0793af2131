"""A text message firm as Mitake's HTTP API shows it: orders, receipts, planned mishaps."""
