"""What a person may fetch of their own."""
