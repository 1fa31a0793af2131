"""The five languages: which one is spoken, its sentences, its dates and numbers."""
