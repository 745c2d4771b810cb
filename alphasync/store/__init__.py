"""What is kept, in three rooms: ``scripts`` says what is done to it, ``redis`` how each kind of
Redis is spoken to, ``embedded`` is the Valkey that a server starts where it is given none.

Beside them: the names of all keys, and what makes a store of a ``REDIS_URL`` and tries it.
"""
