"""Discord's protocol. Knows REST calls and the gateway; must not know what a message means."""
