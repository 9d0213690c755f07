"""What pages and the HTTP API ask of the core."""
