"""Protocols between the floors. Knows shapes only; must not hold a line that runs."""
