"""The wire contract as typed models: commands in, events and acks out."""
