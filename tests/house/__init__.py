"""The rules of the house, each with a proof that it catches what it forbids."""
