"""The Kubernetes manifests."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.product import DEPLOY, DRAIN, routes, settings
from tests.deploy.product import read as read_settings

FOLDER = DEPLOY / "kubernetes"
MANIFESTS = sorted(path.name for path in FOLDER.glob("*.yaml") if path.stem != "kustomization")
VERSIONS = ["1.30", "1.37"]
SELECTOR = {"app.kubernetes.io/name": "alphasync"}


def read(name: str) -> dict[str, Any]:
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    template = read("deployment")["spec"]["template"]
    assert template["metadata"]["labels"] == SELECTOR
    found = template["spec"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def server(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def ports(server: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in server["ports"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MANIFESTS)
def test_it_is_as_the_api_says(name: str, version: str) -> None:
    kubernetes_validate.validate(read(name.removesuffix(".yaml")), version, strict=True)


def test_kustomize_has_them_all() -> None:
    assert read("kustomization")["resources"] == MANIFESTS


def test_the_probes_ask_what_there_is(server: dict[str, Any], ports: dict[str, int]) -> None:
    probes = {name: server[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness")}
    liveness = server["livenessProbe"]["httpGet"]
    for probe in (*probes.values(), liveness):
        assert probe["path"] in routes()
        assert probe["port"] in ports
    assert probes["readiness"]["path"] == "/readyz"
    # With readiness, all servers would be restarted when Redis is.
    assert liveness["path"] == "/healthz"


def test_there_is_time_for_the_drain(pod: dict[str, Any], server: dict[str, Any]) -> None:
    command = server["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "sleep"
    assert pod["terminationGracePeriodSeconds"] > float(command[1]) + DRAIN


def test_its_settings_are_settings(server: dict[str, Any], ports: dict[str, int]) -> None:
    given = read("configmap")["data"]
    own = {entry["name"]: entry["valueFrom"] for entry in server["env"]}
    assert set(own) <= set(settings())
    # These are in the Secret.
    assert not {"JWT_SECRET", "REDIS_URL", "GATEWAY_TOKEN"} & set(given)
    found = read_settings(given)
    assert ports == {
        "http": found.port,
        "internal": found.internal_port,
        "metrics": found.metrics_port,
    }
    assert own["INTERNAL_HOST"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    # Several workers cannot share one internal port.
    assert found.workers == 1


def test_only_its_own_pods_reach_the_internal_port(ports: dict[str, int]) -> None:
    policy = read("networkpolicy")["spec"]
    assert policy["podSelector"]["matchLabels"] == SELECTOR
    for rule in policy["ingress"]:
        names = {port["port"] for port in rule["ports"]}
        assert names <= set(ports)
        peers = [{"podSelector": {"matchLabels": SELECTOR}}]
        assert names in ({"http"}, {"metrics"}) or rule["from"] == peers


def test_the_metrics_are_where_the_monitoring_asks(ports: dict[str, int]) -> None:
    marks = read("deployment")["spec"]["template"]["metadata"]["annotations"]
    assert marks["prometheus.io/port"] == str(ports["metrics"])
    assert not read_settings(read("configmap")["data"]).figures_for_clients
    assert "metrics" not in {port["targetPort"] for port in read("service")["spec"]["ports"]}
    (rule,) = [
        rule
        for rule in read("networkpolicy")["spec"]["ingress"]
        if {"port": "metrics"} in rule["ports"]
    ]
    assert rule["from"], "not everybody"


def test_what_points_to_the_pods_finds_them(ports: dict[str, int]) -> None:
    service = read("service")["spec"]
    assert service["selector"] == SELECTOR
    assert {port["targetPort"] for port in service["ports"]} == {"http"} <= set(ports)
    assert "sessionAffinity" not in service
    (rule,) = read("ingress")["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == read("service")["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in service["ports"]}
    for name in ("deployment", "poddisruptionbudget"):
        assert read(name)["spec"]["selector"]["matchLabels"] == SELECTOR


def test_it_is_nobody_and_can_write_nothing(pod: dict[str, Any], server: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    context = server["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert [mount["mountPath"] for mount in server["volumeMounts"]] == ["/tmp"]
