"""What links in our mails open."""
