"""The Lua scripts: each one a change of an account's state and the event about it.

To add one, in this order:

1. ``lua/noun_verb.lua``: a header with a sentence, KEYS, ARGV, USES (the functions of
   ``lua/shared/`` that it calls) and RETURN, then the script. What the object with the keys knows
   comes first behind ARGV.
2. A function of the same name in the module of its subject here, as ``run_calls``, whose parameters
   are the other arguments.
3. A key that is new: in ``alphasync/store/keys.py``, with its lifetime; ``key_groups.py`` has those
   that scripts take together. A command of Redis that is new: in ``lua/rights_try.lua``, which
   finds out whether it is allowed.
4. The service that calls it, and ``tests/scripts/test_noun_verb.py`` with each outcome.
"""
