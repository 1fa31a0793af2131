"""The paid SMS service: plans of a semester, orders and their states, what they cost."""
