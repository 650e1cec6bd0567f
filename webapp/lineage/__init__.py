"""The way of data, as a picture, a table and files."""
