"""Parley: one assistant wherever people already talk. This package marker imports nothing, on purpose."""
