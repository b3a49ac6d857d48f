"""What happens when the machine or AWS fails: commands are killed, and AWS does not answer as it should."""
