"""Settings, assembly, command line, HTTP edge. Knows every name in the house; is imported by nobody."""
