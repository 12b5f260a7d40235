"""Moving rows and proving that they arrived."""
