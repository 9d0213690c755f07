"""What goes over the wire to and from the Bot API."""
