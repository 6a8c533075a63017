"""Alertmanager's configuration: the operator's own, with what the toolkit adds around it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu.data import plain_copy

NULL_RECEIVER = "bongsu-null"
TEST_LABEL = "bongsu_test"

_SECRET_KEY = re.compile(r"(password|secret|token|credentials|_key|api_url|webhook_url|webhook_id)\Z")


def alertmanager_config(
    receivers: list[dict[str, Any]] | None,
    route: dict[str, Any] | None,
    inhibit_rules: list[dict[str, Any]] | None = None,
    global_settings: dict[str, Any] | None = None,
    time_intervals: list[dict[str, Any]] | None = None,
    templates: list[str] | None = None,
    page: dict[str, Any] | None = None,
    ticket: dict[str, Any] | None = None,
    watchdog_receiver: str = "",
) -> dict[str, Any]:
    """Compose Alertmanager's configuration, in its own schema.

    ``page`` and ``ticket`` are the routing defaults (group_by, group_wait, group_interval, repeat_interval)
    of alerts with severity="page" and of all others. What the root of ``route`` says wins over ``ticket``;
    pages keep their own waits. The toolkit's routes come first: one a receiver for test alerts, one for the
    always-firing Watchdog (unless ``route`` has one), one for pages (with the operator's routes inside).
    """
    own_receivers = [_with_send_resolved(i, receiver) for i, receiver in enumerate(receivers or [])]
    names = [receiver["name"] for receiver in own_receivers]
    root = plain_copy(route or {})
    root.setdefault("receiver", names[0] if names else NULL_RECEIVER)
    own_routes = root.pop("routes", None) or []
    paging = {**(page or {}), **({"group_by": root["group_by"]} if "group_by" in root else {})}
    page_route: dict[str, Any] = {"matchers": ['severity="page"'], "receiver": root["receiver"], **paging}
    if own_routes:
        page_route["routes"] = own_routes
    watchdog = _watchdog_routes(watchdog_receiver, own_routes)
    routes = [*map(_test_route, names), *watchdog, page_route, *own_routes]
    config: dict[str, Any] = {
        "global": global_settings or {},
        "templates": templates or [],
        "route": {**(ticket or {}), **root, "routes": routes},
        "inhibit_rules": [_host_down(), *(inhibit_rules or [])],
        "receivers": [*own_receivers, {"name": NULL_RECEIVER}],
        "time_intervals": time_intervals or [],
    }
    return {key: value for key, value in config.items() if value}


def alertmanager_integrations(receivers: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Count each receiver's integrations of each kind, named as in Alertmanager's metrics."""
    return [
        {
            "name": receiver["name"],
            "integrations": {
                key.removesuffix("_configs"): len(entries)
                for key, entries in sorted(receiver.items())
                if key.endswith("_configs") and entries
            },
        }
        for receiver in receivers or []
    ]


def secret_values(document: Any, also: Iterable[str] = ()) -> list[str]:
    """List the strings under keys such as password, token or api_url, and those of ``also``."""
    found: set[str] = set(also)
    if isinstance(document, dict):
        for key, value in document.items():
            if isinstance(value, str) and value and _SECRET_KEY.search(str(key)):
                found.add(str(value))
            found.update(secret_values(value))
    elif isinstance(document, list | tuple):
        for value in document:
            found.update(secret_values(value))
    return sorted(found)


def _with_send_resolved(index: int, receiver: dict[str, Any]) -> dict[str, Any]:
    place = f"alertmanager_receivers[{index}]"
    if not isinstance(receiver, dict) or not receiver.get("name"):
        raise AnsibleFilterError(f"{place}: a receiver is a mapping with a name; add 'name:'")
    if receiver["name"] == NULL_RECEIVER:
        raise AnsibleFilterError(f"{place}.name: '{NULL_RECEIVER}' is the toolkit's own; choose another name")
    result = plain_copy(receiver)
    for key, entries in result.items():
        if key.endswith("_configs") and entries:
            if not isinstance(entries, list):
                raise AnsibleFilterError(f"{place}.{key}: write a list, also for one entry ('- url: …')")
            result[key] = [{"send_resolved": True, **(entry or {})} for entry in entries]
    return result


def _test_route(receiver: str) -> dict[str, Any]:
    """Route test alerts to one receiver at once, each in a group of its own."""
    quoted = receiver.replace("\\", "\\\\").replace('"', '\\"')
    return {
        "matchers": [f'{TEST_LABEL}="{quoted}"'],
        "receiver": receiver,
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "15s",
        "repeat_interval": "4h",
    }


def _watchdog_routes(receiver: str, own_routes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send the Watchdog to its receiver every minute, else to nobody, unless the operator's own routes name it."""
    matchers = ['alertname="Watchdog"']
    if receiver:
        times = {"group_wait": "0s", "group_interval": "1m", "repeat_interval": "1m"}
        return [{"matchers": matchers, "receiver": receiver, **times}]
    if any("Watchdog" in str(route.get(key)) for route in own_routes for key in ("matchers", "match", "match_re")):
        return []
    return [{"matchers": matchers, "receiver": NULL_RECEIVER}]


def _host_down() -> dict[str, Any]:
    """Let a host that is down explain whatever else is wrong with it."""
    return {
        "source_matchers": ['alertname="HostDown"'],
        "target_matchers": ['alertname!="HostDown"'],
        "equal": ["instance"],
    }


class FilterModule:
    """The filters of this file, by the names that roles use."""

    def filters(self) -> dict[str, Any]:
        """Return name and function of each filter."""
        return {
            "alertmanager_config": alertmanager_config,
            "alertmanager_integrations": alertmanager_integrations,
            "secret_values": secret_values,
        }
