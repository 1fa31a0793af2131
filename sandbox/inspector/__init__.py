"""What checkers outside ask and pull, and the app never does."""
