"""What travels between us and Slack: calls, connections, signatures."""
