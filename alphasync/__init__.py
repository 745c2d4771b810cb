"""Keeps all devices of one account in step while recipients are being messaged."""
