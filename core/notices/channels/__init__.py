"""One file for each way a notice leaves the house."""
