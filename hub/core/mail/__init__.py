"""E-mail: what a mail says, how it looks, and who sees to it that it goes."""
