"""The table of all activities and what can be chosen of it."""
