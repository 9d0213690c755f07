"""What several adapters need. Knows words and numbers common to platforms; must not know any platform."""
