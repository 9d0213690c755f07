"""Looking for what is wrong before a person finds it. Knows checks and their words; must not mend unasked."""
