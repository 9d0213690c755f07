"""One pane of the page for each platform."""
