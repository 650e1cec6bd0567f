"""Who sends what where: the map, its tables and its filters."""
