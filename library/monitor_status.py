#!/usr/bin/python
"""Prove that a monitor watches all that it should."""

from __future__ import annotations

DOCUMENTATION = r"""
module: monitor_status
short_description: Prove that a monitor watches all that it should
description:
  - Asks this host's Prometheus and Alertmanager, through their APIs, and compares the answers with what is expected.
  - Asks again until everything is as expected or O(deadline) is over. Changes nothing.
author: bongsu contributors
attributes:
  check_mode: {support: full}
options:
  prometheus_url: {type: str, description: Base URL of Prometheus. Without it Prometheus is not asked.}
  username: {type: str, description: User for Prometheus.}
  password: {type: str, description: Password for Prometheus.}
  alertmanager_url: {type: str, description: Base URL of Alertmanager. Without it Alertmanager is not asked.}
  ca: {type: path, default: /etc/bongsu/tls/ca.crt, description: The CA that signed the daemons' certificates.}
  cert: {type: path, default: /etc/bongsu/tls/host.crt, description: Client certificate.}
  key: {type: path, default: /etc/bongsu/tls/host.key, description: The client certificate's key.}
  hosts: {type: list, elements: str, description: Hosts that O(jobs) must scrape.}
  jobs: {type: list, elements: str, default: [liveness, node], description: Scrape jobs with one target a host.}
  probes:
    description: Probes that must run.
    type: list
    elements: dict
    suboptions:
      instance: {type: str, required: true, description: The host that declares it.}
      probe: {type: str, required: true, description: Its name.}
  rules: {type: list, elements: str, description: Names of all rules that must be loaded, and no others.}
  alertmanagers: {type: list, elements: str, description: The host:port of each Alertmanager that Prometheus must know.}
  mesh: {type: dict, description: The address:port in Alertmanager's mesh of each monitor, by its name.}
  gone: {type: list, elements: str, description: Hosts of which no target may be left in O(jobs) and job probe.}
  deadline: {type: float, default: 60, description: Seconds within which everything must be as expected.}
"""

EXAMPLES = r"""
- name: See that every host is scraped
  monitor_status:
    prometheus_url: https://127.0.0.1:9090
    username: operator
    password: "{{ prometheus_operator_password }}"
    hosts: "{{ groups['all'] }}"
"""

RETURN = r"""
findings: {type: list, elements: dict, returned: always, description: Each with check, ok, detail and cure.}
table: {type: list, elements: str, returned: success, description: The findings as aligned lines.}
"""

import socket
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import watching
from ansible.module_utils.bongsu.api import Api
from ansible.module_utils.bongsu.errors import BongsuError

ARGUMENT_SPEC = {
    "prometheus_url": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "alertmanager_url": {"type": "str"},
    "ca": {"type": "path", "default": "/etc/bongsu/tls/ca.crt"},
    "cert": {"type": "path", "default": "/etc/bongsu/tls/host.crt"},
    "key": {"type": "path", "default": "/etc/bongsu/tls/host.key", "no_log": False},
    "hosts": {"type": "list", "elements": "str"},
    "jobs": {"type": "list", "elements": "str", "default": ["liveness", "node"]},
    "probes": {
        "type": "list",
        "elements": "dict",
        "options": {"instance": {"type": "str", "required": True}, "probe": {"type": "str", "required": True}},
    },
    "rules": {"type": "list", "elements": "str"},
    "alertmanagers": {"type": "list", "elements": "str"},
    "mesh": {"type": "dict"},
    "gone": {"type": "list", "elements": "str"},
    "deadline": {"type": "float", "default": 60.0},
}
SECONDS_BETWEEN_LOOKS = 0.5


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    try:
        findings = look_until(module.params)
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)
    rows, lines = [finding.as_dict() for finding in findings], watching.table(findings)
    if not all(finding.ok for finding in findings):
        told = "\n".join(["this monitor does not watch all that it should:", *lines])
        module.fail_json(msg=told, findings=rows)
    module.exit_json(changed=False, findings=rows, table=lines)


def look_until(params: dict) -> list[watching.Finding]:
    """Look until all is well or the deadline is over; return the last findings."""
    end = time.monotonic() + params["deadline"]
    while True:
        findings = look(params)
        if all(finding.ok for finding in findings) or time.monotonic() >= end:
            return findings
        time.sleep(SECONDS_BETWEEN_LOOKS)


def look(params: dict) -> list[watching.Finding]:
    """Ask both daemons once. One that does not answer is a finding, not an error: it may be about to."""
    tls = {name: params[name] for name in ("ca", "cert", "key")}
    findings = []
    for name, ask, url, login in (
        ("prometheus", ask_prometheus, params["prometheus_url"], ("username", "password")),
        ("alertmanager", ask_alertmanager, params["alertmanager_url"], ()),
    ):
        if url is not None:
            try:
                findings += ask(Api(url, **tls, **{key: params[key] for key in login}), params)
            except BongsuError as error:
                cure = f"look at 'systemctl status {name} prometheus-{name}' on this monitor"
                findings.append(watching.Finding(name, False, str(error), cure))
    return findings


def ask_prometheus(api: Api, params: dict) -> list[watching.Finding]:
    """Compare Prometheus's targets, rules and Alertmanagers with what is expected."""
    findings = []
    if any(params[name] is not None for name in ("hosts", "probes", "gone")):
        targets = watching.targets_of(api.get_json("/api/v1/targets?state=active"))
        if params["hosts"] is not None:
            findings += [watching.check_hosts(job, params["hosts"], targets) for job in params["jobs"]]
        if params["probes"] is not None:
            findings.append(watching.check_probes(params["probes"], targets))
        if params["gone"] is not None:
            findings.append(watching.check_gone(params["gone"], [*params["jobs"], "probe"], targets))
    if params["rules"] is not None:
        findings.append(watching.check_rules(params["rules"], api.get_json("/api/v1/rules")))
    if params["alertmanagers"] is not None:
        answer = api.get_json("/api/v1/alertmanagers")
        findings.append(watching.check_alertmanagers(params["alertmanagers"], answer))
    return findings


def ask_alertmanager(api: Api, params: dict) -> list[watching.Finding]:
    """Compare Alertmanager's mesh with the monitors."""
    if params["mesh"] is None:
        return []
    mesh = {name: addresses_of(endpoint) for name, endpoint in params["mesh"].items()}
    return [watching.check_mesh(mesh, api.get_json("/api/v2/status"))]


def addresses_of(endpoint: str) -> list[str]:
    """Resolve ``name:port`` to every ``address:port`` it may mean; a name unknown here stays as it is."""
    host, _, port = endpoint.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, proto=socket.IPPROTO_TCP)
    except OSError:
        return [endpoint]
    addresses = {str(entry[4][0]) for entry in found}
    return sorted(f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address in addresses)


if __name__ == "__main__":
    main()
