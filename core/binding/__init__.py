"""How a guardian comes to a child, and how they part: proofs, limits, codes, approval, seals."""
