"""The works: what is measured, one module each, with an ``async def run(bench: Bench)``."""
