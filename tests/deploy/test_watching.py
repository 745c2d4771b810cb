"""The dashboard and the alerts ask for figures that there are, with labels that these have."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from alphasync import telemetry
from alphasync.telemetry.tally import SUFFIX, Tally
from tests.deploy.product import DEPLOY, program

ALERTS = DEPLOY / "alerts.yml"
OF_THE_SCRAPE = {"instance", "job", "le"}
NAME = re.compile(r"\b((?:alphasync|process)_[a-z_]+)\b(?!=)(\{[^}]*\})?")
GROUPED = re.compile(r"by \(([^)]*)\)")
MATCHED = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
OF_PROCESSES = {
    f"process_{name}"
    for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds")
}


def figures() -> dict[str, set[str]]:
    """Name, as it is asked for, to labels."""
    found: dict[str, set[str]] = {name: set() for name in OF_PROCESSES}
    for metric in vars(telemetry).values():
        if isinstance(metric, MetricWrapperBase):
            for name in _names(metric._name, str(metric._type)):
                found[name] = set(metric._labelnames)
    for tally in Tally.made:
        for name in _names(tally.name, "histogram"):
            found[name] = set()
    return found


def _names(name: str, kind: str) -> list[str]:
    ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return [name + end for end in ends.get(kind, [""])]


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found = group["rules"]
    assert isinstance(found, list)
    return found


def panels() -> list[dict[str, Any]]:
    found = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    assert isinstance(found, list)
    return found


EXPRESSIONS = [rule["expr"] for rule in rules()] + [
    target["expr"] for panel in panels() for target in panel["targets"]
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_there(expression: str) -> None:
    there = figures()
    asked = NAME.findall(expression)
    assert asked
    labels = {label for name, _ in asked for label in there[name]} | OF_THE_SCRAPE
    for group in GROUPED.findall(expression):
        assert {label.strip() for label in group.split(",")} <= labels
    for name, matched in asked:
        assert set(MATCHED.findall(matched)) <= there[name] | OF_THE_SCRAPE


def test_all_figures_are_on_the_dashboard() -> None:
    asked = {
        re.sub(r"_(bucket|total)$", "", name)
        for panel in panels()
        for target in panel["targets"]
        for name, _ in NAME.findall(target["expr"])
    }
    own = {
        re.sub(r"_(bucket|sum|count|total)$", "", name)
        for name in figures()
        if name.startswith("alphasync")
    }
    assert own <= asked
    assert SUFFIX not in "".join(asked)


def test_each_alert_says_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "description"}


def test_prometheus_takes_the_rules() -> None:
    done = subprocess.run(
        [program("promtool"), "check", "rules", str(ALERTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_go_off_when_they_should(tmp_path: Path) -> None:
    def case(
        alert: str, at: str, series: dict[str, str], fires: bool, **more: str
    ) -> dict[str, Any]:
        rule = next(rule for rule in rules() if rule["alert"] == alert)
        labels = {"instance": "a", **rule["labels"], **more}
        expected = {"exp_labels": labels, "exp_annotations": rule["annotations"]}
        return {
            "interval": "15s",
            "input_series": [{"series": k, "values": v} for k, v in series.items()],
            "alert_rule_test": [
                {"eval_time": at, "alertname": alert, "exp_alerts": [expected] if fires else []}
            ],
        }

    redis = 'alphasync_redis_connected{instance="a"}'
    servers = 'alphasync_servers{instance="a"}'
    taken = 'alphasync_takeovers_total{instance="a",what="%s"}'
    answers = 'alphasync_gateway_answers_total{instance="a",call="send",outcome="%s"}'
    file = tmp_path / "tests.yml"
    tests = {
        "rule_files": [str(ALERTS)],
        "tests": [
            case("AlphasyncRedisAway", "5m", {redis: "1x4 0x20", servers: "1x30"}, True),
            case("AlphasyncRedisAway", "5m", {redis: "4x4 3x20", servers: "4x30"}, True),
            case("AlphasyncRedisAway", "5m", {redis: "4x30", servers: "4x30"}, False),
            case("AlphasyncRedisAway", "5m", {redis: "4x8 3x2 4x20", servers: "4x30"}, False),
            case(
                "AlphasyncServerTakenOver",
                "5m",
                {taken % "server": "0x8 1x20"},
                True,
                what="server",
            ),
            case(
                "AlphasyncServerTakenOver",
                "5m",
                {taken % "server": "0x30", taken % "run": "0x8 3x20"},
                False,
            ),
            case(
                "AlphasyncGatewayFails",
                "20m",
                {answers % "sent": "0+4x90", answers % "unknown": "0+1x90"},
                True,
            ),
            case(
                "AlphasyncGatewayFails",
                "20m",
                {answers % "sent": "0+40x90", answers % "unknown": "0+1x90"},
                False,
            ),
        ],
    }
    file.write_text(yaml.safe_dump(tests))
    done = subprocess.run(
        [program("promtool"), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
