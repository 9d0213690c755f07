"""What every provider shares: connection, SSE, usage, errors, the stand-in server. Must not know any vendor."""
