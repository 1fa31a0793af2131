"""What text message firms tell of texts: receipts taken, kept and matched, and asked for."""
