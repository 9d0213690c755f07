"""What the operator may set, where it was read, and the words for what is wrong with it."""
