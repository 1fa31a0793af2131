"""The five languages."""
