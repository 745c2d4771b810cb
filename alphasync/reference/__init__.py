"""The reference for people who write clients or run servers, made from the models.

``python -m alphasync.reference`` makes anew what stands between ``<!-- made: ... -->`` and
``<!-- end -->`` in docs/protocol.md and docs/transport.md, and the whole of
docs/protocol.schema.json and docs/settings.md.
"""
