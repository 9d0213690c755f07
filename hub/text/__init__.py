"""Markdown as pure functions: parse, grow, heal, split, plain, highlight. Knows text; must not know platforms."""
