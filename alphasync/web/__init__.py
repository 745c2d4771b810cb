"""HTTP: login, profiles, health, metrics and the console's files."""
