"""What staff read in chat: numbers first, then seat and masked name."""
