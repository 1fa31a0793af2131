"""Benchmarks: one command each, each beside a named peer in the same run."""
