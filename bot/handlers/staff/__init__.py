"""What staff ask for, and who of them may."""
