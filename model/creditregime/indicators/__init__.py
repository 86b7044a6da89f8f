"""What is measured each month."""
