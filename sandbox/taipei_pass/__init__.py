"""Taipei Pass, the single sign-on and the bureau: members, proofs, codes and visits."""
