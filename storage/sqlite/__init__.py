"""SQLite: one file, one writer, group commit."""
