"""E-mail and text messages as they leave the house."""
