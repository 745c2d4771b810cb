"""The compose file: three servers, Valkey and HAProxy."""

import re
from typing import Any

import compose_spec
import pytest
import yaml

from tests.deploy.product import DEPLOY, DRAIN, seconds, settings

FILE = DEPLOY / "compose.yaml"
HAPROXY = (DEPLOY / "haproxy.cfg").read_text()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found = yaml.safe_load(FILE.read_text())
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def servers(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: s for name, s in compose["services"].items() if name.startswith("server-")}


def test_it_is_as_the_specification_says(compose: dict[str, Any]) -> None:
    # Written anew: the specification's reader does not know YAML's merge keys, Compose does.
    parsed = compose_spec.PyCompose.from_yaml(yaml.safe_dump(compose))
    parsed.validate()
    parsed.validate_volumes()
    parsed.validate_networks()
    services = set(compose["services"])
    for service in compose["services"].values():
        assert set(service.get("depends_on", ())) <= services
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists()


def test_the_servers_are_given_settings(servers: dict[str, dict[str, Any]]) -> None:
    assert len(servers) == 3
    for server in servers.values():
        assert set(server["environment"]) <= set(settings())
        assert seconds(server["stop_grace_period"]) > DRAIN
        build = server["build"]
        assert ((FILE.parent / build["context"]) / build["dockerfile"]).is_file()


def test_haproxy_finds_them(compose: dict[str, Any], servers: dict[str, dict[str, Any]]) -> None:
    haproxy = compose["services"]["haproxy"]
    given = haproxy["environment"]
    assert set(given) == set(re.findall(r"\{(SERVER_\d)", HAPROXY))
    assert sorted(given.values()) == [f"{name}:3001" for name in sorted(servers)]
    (port,) = haproxy["ports"]
    assert f":{port.split(':')[1]}" in HAPROXY
    # Its address is of this network, or nobody would believe it.
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    for server in servers.values():
        assert server["environment"]["TRUSTED_PROXIES"] == network["subnet"]


def test_all_are_nobody_and_can_write_nothing(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        own_user = "build" in service  # our Dockerfile's
        assert own_user or not str(service["user"]).startswith(("0", "root")), name
