"""What the house costs, each figure beside its baseline from the same run. Knows the house from outside only."""
