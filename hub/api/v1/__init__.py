"""`/v1`: chat completions and models as OpenAI's clients expect them, on the accounts and the ledger of the chats."""
