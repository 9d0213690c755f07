"""Frozen values, enums, errors and arithmetic. Knows the words of the house; must not know any I/O or any library."""
