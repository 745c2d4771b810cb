"""rights_try: what scripts and services need is tried, and leaves nothing behind."""

import re

import pytest

from alphasync.store import key_groups, keys
from alphasync.store.rights import ANY_TAG, Unusable, _direct, try_all, try_commands, try_scripts
from alphasync.store.scripts.server_calls import rights_try
from tests.scripts.bench import Bench
from tests.scripts.test_sources import BODIES, SHARED
from tests.unit.test_nesting import PACKAGE

CALL = re.compile(r"redis\.p?call\('([A-Z]+)'")
SUBMITTED = re.compile(r"""(?:submit|confirmed)\(\s*["']([A-Z]+)["']""")
OF_REPLICAS = {"WAIT"}
"""Only where there are some, and whoever may not see them cannot run anything else either."""


async def test_all_is_well_and_nothing_stays(bench: Bench) -> None:
    before = await bench.client.dbsize()
    answer = await bench.scripts.call(
        rights_try(key_groups.trial_keys(ANY_TAG), channel=keys.probe("", "x"), keep=1000)
    )
    assert answer.outcome == "OK"
    await try_scripts(bench.store, ANY_TAG)
    await try_commands(bench.store)
    await try_all(bench.store)
    assert await bench.client.dbsize() == before


async def test_the_first_that_is_refused_is_named(real: Bench) -> None:
    of = key_groups.trial_keys(ANY_TAG)
    await real.client.sadd(of.hash, "no hash")
    answer = await real.scripts.call(rights_try(of, channel="as:probe:x", keep=1000))
    assert answer.outcome == "REFUSED"
    assert answer.text(1) == "HSET"
    assert "WRONGTYPE" in answer.text(2)
    await real.client.sadd(of.hash, "no hash")
    with pytest.raises(Unusable, match="WRONGTYPE"):
        await try_scripts(real.store, ANY_TAG)
    await real.client.delete(of.hash)


def test_each_command_of_a_script_is_tried() -> None:
    used = set(CALL.findall("".join(BODIES.values()) + SHARED))
    tried = set(re.findall(r'\{"([A-Z]+)"', BODIES["rights_try"]))
    assert used - tried == {"TIME"}, "which each script begins with, this one too"
    assert not tried - used, "nobody needs the right to what nobody uses"


def test_each_command_of_a_service_is_tried() -> None:
    sources = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    used = set(SUBMITTED.findall(sources)) - {"EVALSHA"} - OF_REPLICAS
    assert used == {str(command[0]) for command in _direct(ANY_TAG)}
