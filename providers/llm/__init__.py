"""One package per model vendor, all with the same files: provider, wire, errors, sandbox."""
