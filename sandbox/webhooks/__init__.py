"""What LINE tells an app: events, samples of them, and the sender with its bad habits."""
