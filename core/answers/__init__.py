"""What guardians and the school answer each other while a child has not been seen."""
