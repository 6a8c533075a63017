"""What an operator does to a lab: run playbooks on it, and ask its monitors with the password."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import yaml

from bongsu.lab import Lab
from bongsu.runner import RunResult, run_playbook


@dataclass
class Operator:
    """The person at the controller of one lab."""

    lab: Lab

    def run(self, playbook: str, **options: Any) -> RunResult:
        return run_playbook(playbook, self.lab.inventories, env=self.lab.env(), runs=self.lab.state.path, **options)

    def succeed(self, playbook: str, **options: Any) -> RunResult:
        result = self.run(playbook, **options)
        assert result.status == "ok", said(result)
        return result

    def query(self, monitor: str, expression: str) -> list[dict[str, Any]]:
        """Ask a monitor's Prometheus for an instant vector, over TLS and with the operator's password."""
        login = f"operator:{self.lab.secrets()['prometheus_operator_password']}"
        request = urllib.request.Request(
            f"https://{self.lab.spec.host(monitor).address}:9090/api/v1/query?"
            + urllib.parse.urlencode({"query": expression}),
            headers={"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"},
        )
        context = ssl.create_default_context(cadata="".join(self.authorities()))
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310  # https, written above
            vector: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return vector

    def authorities(self) -> list[str]:
        """Return the certificates of the authorities that are trusted, PEM."""
        public = yaml.safe_load((self.lab.state.inventory / "group_vars/all/ca.yml").read_text())
        return [public["host_certificate_ca_certificate"], *public.get("host_certificate_ca_retired", [])]

    def watched(self, monitor: str) -> set[str]:
        """Name the hosts that a monitor sees alive."""
        return {sample["metric"]["instance"] for sample in self.query(monitor, 'up{job="liveness"} == 1')}


def said(result: RunResult) -> str:
    """Give everything that a run complained about."""
    complaints = [f"{name}: {failure.message}" for name, host in result.hosts.items() for failure in host.failures]
    return "\n".join([result.status, *result.errors, *complaints])
