"""The way of a message from intake to delivery. Knows the ports; must not know any platform, vendor or database."""
