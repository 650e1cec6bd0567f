"""The pages of single things: a record with its parts, a party, a category, a place, a law."""
