"""What the pages of all stand-ins share: their frame, styles and small script."""
