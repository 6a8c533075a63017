#!/usr/bin/python
"""Say whether this monitor does its work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: monitor_ready
short_description: Say whether this monitor does its work
description:
  - Asks this host's Prometheus and Alertmanager whether they are ready, again and again until both are or O(deadline)
    is over. A host on which neither has been provisioned is told from one on which they are down. Changes nothing,
    and fails for nothing that it finds.
author: bongsu contributors
attributes:
  check_mode: {support: full}
options:
  prometheus_url: {type: str, required: true, description: Base URL of Prometheus.}
  username: {type: str, description: User for Prometheus.}
  password: {type: str, description: Password for Prometheus.}
  alertmanager_url: {type: str, required: true, description: Base URL of Alertmanager.}
  ca: {type: path, default: /etc/bongsu/tls/ca.crt, description: The CA that signed the daemons' certificates.}
  cert: {type: path, default: /etc/bongsu/tls/host.crt, description: Client certificate.}
  key: {type: path, default: /etc/bongsu/tls/host.key, description: The client certificate's key.}
  deadline: {type: float, default: 0, description: Seconds within which both must be ready.}
  state_directory: {type: path, default: /var/lib/bongsu, description: Where the manifests are.}
"""

EXAMPLES = r"""
- name: Ask this monitor whether it does its work
  monitor_ready:
    prometheus_url: https://127.0.0.1:9090
    username: operator
    password: "{{ prometheus_operator_password }}"
    alertmanager_url: https://127.0.0.1:9093
"""

RETURN = r"""
provisioned: {type: bool, returned: always, description: Whether a run has ever made a monitor of this host.}
ready: {type: bool, returned: always, description: Whether both daemons are ready.}
complaints: {type: list, elements: str, returned: always, description: What each daemon that is not ready said.}
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu.api import Api
from ansible.module_utils.bongsu.errors import BongsuError

ARGUMENT_SPEC = {
    "prometheus_url": {"type": "str", "required": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "alertmanager_url": {"type": "str", "required": True},
    "ca": {"type": "path", "default": "/etc/bongsu/tls/ca.crt"},
    "cert": {"type": "path", "default": "/etc/bongsu/tls/host.crt"},
    "key": {"type": "path", "default": "/etc/bongsu/tls/host.key", "no_log": False},
    "deadline": {"type": "float", "default": 0.0},
    "state_directory": {"type": "path", "default": "/var/lib/bongsu"},
}
UNAUTHORIZED = 401
COMPONENTS = ("prometheus", "alertmanager")
SECONDS_BETWEEN_LOOKS = 0.5


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    manifests = [Path(params["state_directory"], "components", f"{name}.json") for name in COMPONENTS]
    if not any(path.exists() for path in manifests):
        module.exit_json(changed=False, provisioned=False, ready=False, complaints=["no run has made it a monitor yet"])
    complaints = ask_until(params)
    module.exit_json(changed=False, provisioned=True, ready=not complaints, complaints=complaints)


def ask_until(params: dict) -> list[str]:
    """Ask both daemons until they are ready or the deadline is over; return the last complaints."""
    tls = {name: params[name] for name in ("ca", "cert", "key")}
    login = {name: params[name] for name in ("username", "password")}
    end = time.monotonic() + params["deadline"]
    while True:
        apis = (Api(params["prometheus_url"], **tls, **login), Api(params["alertmanager_url"], **tls))
        complaints = [complaint for api in apis if (complaint := ask(api))]
        if not complaints or time.monotonic() >= end:
            return complaints
        time.sleep(SECONDS_BETWEEN_LOOKS)


def ask(api: Api) -> str:
    """Ask one daemon; return what is wrong, empty when it is ready."""
    try:
        api.get_text("/-/ready")
    except BongsuError as error:
        # A daemon that still has an earlier password answers, too: a new one must not look like an outage.
        return "" if error.details.get("status") == UNAUTHORIZED else str(error)
    except OSError as error:  # a certificate that is not there
        return str(error)
    return ""


if __name__ == "__main__":
    main()
