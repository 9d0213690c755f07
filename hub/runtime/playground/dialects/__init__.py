"""What people read of each platform's own markup, as nodes of the page."""
