#!/usr/bin/python
"""Send a test alert through each receiver and prove its delivery."""

from __future__ import annotations

DOCUMENTATION = r"""
module: receiver_test
short_description: Send a test alert through each receiver and prove its delivery
description:
  - Posts one alert a receiver to every Alertmanager, and waits until their counters, taken together, tell that each
    integration of the receiver got it. The alert is then resolved.
  - Nothing is sent in check mode.
author: bongsu contributors
attributes:
  check_mode: {support: full}
options:
  alertmanagers: {type: list, elements: str, required: true, description: Base URL of every Alertmanager of the mesh.}
  receivers:
    description: The receivers to test.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {type: str, required: true, description: The receiver's name.}
      integrations: {type: dict, required: true, description: Number of entries by kind, such as webhook or email.}
  ca: {type: path, default: /etc/bongsu/tls/ca.crt, description: The CA that signed the daemons' certificates.}
  cert: {type: path, default: /etc/bongsu/tls/host.crt, description: Client certificate.}
  key: {type: path, default: /etc/bongsu/tls/host.key, description: The client certificate's key.}
  deadline: {type: float, default: 60, description: Seconds within which each receiver must have been told.}
  interval:
    description: Seconds between two looks at the counters, in which a notification due at once has surely begun.
    type: float
    default: 1
"""

EXAMPLES = r"""
- name: Test the chat
  receiver_test:
    alertmanagers: [https://monitor1:9093, https://monitor2:9093]
    receivers: [{name: chat, integrations: {slack: 1}}]
"""

RETURN = r"""
findings: {type: list, elements: dict, returned: always, description: Each with check, ok, detail and cure.}
table: {type: list, elements: str, returned: success, description: The findings as aligned lines.}
"""

import time
import uuid
from datetime import UTC, datetime, timedelta

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import delivery
from ansible.module_utils.bongsu.api import Api
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.watching import Finding, table

ARGUMENT_SPEC = {
    "alertmanagers": {"type": "list", "elements": "str", "required": True},
    "receivers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "integrations": {"type": "dict", "required": True},
        },
    },
    "ca": {"type": "path", "default": "/etc/bongsu/tls/ca.crt"},
    "cert": {"type": "path", "default": "/etc/bongsu/tls/host.crt"},
    "key": {"type": "path", "default": "/etc/bongsu/tls/host.key", "no_log": False},
    "deadline": {"type": "float", "default": 60.0},
    "interval": {"type": "float", "default": 1.0},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    tls = {name: params[name] for name in ("ca", "cert", "key")}
    apis = [Api(url, **tls) for url in params["alertmanagers"]]
    if module.check_mode:
        skipped = [Finding(f"receiver {r['name']}", True, "not tested in check mode") for r in params["receivers"]]
        module.exit_json(changed=False, findings=[finding.as_dict() for finding in skipped], table=table(skipped))
    try:
        findings = [
            try_receiver(apis, receiver, params["deadline"], params["interval"]) for receiver in params["receivers"]
        ]
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)
    if not findings:
        cure = "name one in alertmanager_receivers"
        findings = [Finding("receivers", False, "there is none: nobody would be told of an outage", cure)]
    rows, lines = [finding.as_dict() for finding in findings], table(findings)
    if not all(finding.ok for finding in findings):
        module.fail_json(msg="\n".join(["not every receiver was reached:", *lines]), findings=rows)
    module.exit_json(changed=False, findings=rows, table=lines)


def try_receiver(apis: list[Api], receiver: dict, deadline: float, interval: float) -> Finding:
    """Post the alert everywhere, watch the counters, resolve the alert."""
    name = receiver["name"]
    wanted = {kind: int(number) for kind, number in receiver["integrations"].items()}
    if not wanted:
        return delivery.judge(name, {}, wanted, 0)
    identity = uuid.uuid4().hex[:12]
    before = counts(apis)
    started, began = time.monotonic(), datetime.now(UTC)
    post(apis, name, identity, began, began + timedelta(seconds=deadline + 60))
    try:
        while True:
            time.sleep(interval)
            since = delivery.counted(before, counts(apis), wanted)
            seconds = time.monotonic() - started
            if delivery.is_complete(since, wanted) or seconds >= deadline:
                break
        held_back = "" if delivery.is_complete(since, wanted) else suppressed_by(apis, identity)
        return delivery.judge(name, since, wanted, seconds, held_back)
    finally:
        post(apis, name, identity, began, datetime.now(UTC))


def counts(apis: list[Api]) -> dict[str, delivery.Count]:
    """Read the counters of all Alertmanagers that answer."""
    return delivery.read_counts(ask_all(apis, lambda api: api.get_text("/metrics")))


def post(apis: list[Api], receiver: str, identity: str, starts_at: datetime, ends_at: datetime) -> None:
    """Post the alert to all Alertmanagers, as Prometheus does."""
    alert = delivery.make_alert(receiver, identity, starts_at.isoformat(), ends_at.isoformat())
    ask_all(apis, lambda api: api.post_json("/api/v2/alerts", [alert]))


def suppressed_by(apis: list[Api], identity: str) -> str:
    """Ask what holds the alert back."""
    path = f"/api/v2/alerts?filter=bongsu_test_id%3D%22{identity}%22"
    try:
        answers = ask_all(apis, lambda api: api.get_json(path))
    except BongsuError:
        return ""  # the verdict stands without the reason
    return delivery.suppression([alert for answer in answers for alert in answer])


def ask_all(apis: list[Api], question) -> list:
    """Ask every Alertmanager; one that is dead is told by the mesh's own check, all dead is an error."""
    answers, errors = [], []
    for api in apis:
        try:
            answers.append(question(api))
        except BongsuError as error:
            errors.append(str(error))
    if not answers:
        raise BongsuError("no Alertmanager answers: " + "; ".join(errors))
    return answers


if __name__ == "__main__":
    main()
