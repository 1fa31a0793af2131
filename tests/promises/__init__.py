"""What is promised, what may go wrong, which tests try it, and how they last went."""
