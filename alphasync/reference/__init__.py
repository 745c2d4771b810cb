"""The reference for people who write clients, made from the models of the wire.

``python -m alphasync.reference`` makes anew what stands between ``<!-- made: ... -->`` and
``<!-- end -->`` in docs/protocol.md and docs/transport.md, and the whole of
docs/protocol.schema.json.
"""
