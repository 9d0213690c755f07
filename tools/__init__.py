"""Tools for people who work on Parley."""
