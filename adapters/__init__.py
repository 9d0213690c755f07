"""Our translators for platforms, one folder each. Knows nothing itself; must not import any of them."""
