"""The command line: what people type, what they read, and how it ends. Heavy parts are imported by the commands."""
