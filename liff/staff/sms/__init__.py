"""到離校簡訊 for the school: orders, their review, what was paid, and what it comes to."""
