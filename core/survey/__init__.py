"""The satisfaction survey: five questions a term, answered under a pseudonym."""
