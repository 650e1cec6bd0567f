"""What is missing or wrong, by which rule, and what a change would touch."""
