"""What the state sees, records, rates, lists, punishes and rewards."""
