"""City topics: which there are, whose they are, and what a guardian chose."""
