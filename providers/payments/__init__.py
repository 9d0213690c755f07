"""Translators for payment vendors."""
