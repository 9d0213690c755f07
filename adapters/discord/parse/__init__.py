"""Gateway payloads to inbounds. Knows shapes and what they mean; must not do I/O."""
