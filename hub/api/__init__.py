"""The HTTP API and the pages that are no platform's."""
