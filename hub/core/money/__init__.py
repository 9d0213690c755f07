"""What a call may cost, who pays for it, what is said when nobody can, and what is for sale."""
