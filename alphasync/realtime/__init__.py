"""Sockets: the Socket.IO server, its handlers, the relay from Redis to the rooms."""
