"""What leaves the house, and how."""
