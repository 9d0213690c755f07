"""The web protocol in pieces: tokens, origins, messages, rings, files. Must not know requests or the house."""
