"""What models cost: from the price list that is installed, and from the operator's own settings."""
