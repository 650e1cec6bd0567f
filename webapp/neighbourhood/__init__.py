"""What is linked to what around a thing: the graph as a picture and as a list."""
