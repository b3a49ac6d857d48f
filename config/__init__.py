"""What a person may set, and what they did set."""
