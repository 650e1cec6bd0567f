"""How the application is served: the web server, what every answer gets, and what those who run it are told."""
