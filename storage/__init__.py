"""The store on SQLite and PostgreSQL. Knows tables, statements, drivers; must not know models or platforms."""
