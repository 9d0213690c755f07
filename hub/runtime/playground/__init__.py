"""The playground: the whole product on stand-ins, for somebody without a single token."""
