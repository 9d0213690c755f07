"""Translators for vendors: models here, payments later. Knows nothing itself; every vendor is its own package."""
