"""Receivers and routes: every alert must find somebody, and every name must exist.

Alertmanager's own schema is passed through and judged whole by `amtool` on the host. Here are the mistakes that can
be told without it, and that only this inventory can explain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.inventory.formats import DURATION, URL
from bongsu.inventory.matchers import check_matchers
from bongsu.inventory.model import Unresolved
from bongsu.inventory.words import one_of, suggest, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory, KeyPath, Problem

Found = tuple["KeyPath", str]

RECEIVERS, ROUTE = "alertmanager_receivers", "alertmanager_route"
NULL_RECEIVER = "bongsu-null"  # added by the role; a route to it tells nobody
INTEGRATIONS = frozenset(
    f"{name}_configs"
    for name in words(
        "discord email incidentio jira mattermost msteams msteamsv2 opsgenie pagerduty pushover rocketchat slack sns "
        "telegram victorops webex webhook wechat"
    )
)
ROUTE_KEYS = words(
    "receiver group_by continue match match_re matchers group_wait group_interval repeat_interval "
    "mute_time_intervals active_time_intervals routes"
)
INHIBIT_KEYS = words(
    "source_match source_match_re source_matchers target_match target_match_re target_matchers equal name"
)


def check_alertmanager(inventory: Inventory) -> Iterator[Problem]:
    """Check what every monitor's Alertmanager would be given."""
    for host in inventory.in_group("monitors"):
        if "alertmanager" not in inventory.schema.roles:
            return
        for path, message in _found(host):
            if str(path[0]) in host.variables:
                yield inventory.problem(host, path, message)
            else:
                yield inventory.missing(str(path[0]), "all/main.yml", message)


def _found(host: Host) -> Iterator[Found]:
    receivers = _list(host, RECEIVERS)
    names = [str(r["name"]) for r in receivers if isinstance(r, dict) and isinstance(r.get("name"), str | int)]
    unknown = isinstance(host.variables.get(RECEIVERS), Unresolved)
    if not receivers and not unknown:
        yield (RECEIVERS,), "there is no receiver: no alert would reach anybody; write one, as in the example inventory"
    yield from _receivers(host, receivers)
    route = host.get(ROUTE)
    watchdog = host.get("alertmanager_watchdog_receiver")
    if watchdog and not unknown and str(watchdog) not in names:
        yield ("alertmanager_watchdog_receiver",), f"no receiver is called '{watchdog}'; write one of: {one_of(names)}"
    if isinstance(route, dict) and not unknown:
        routed = {str(watchdog)}
        intervals = {str(i.get("name")) for i in _list(host, "alertmanager_time_intervals") if isinstance(i, dict)}
        yield from _route(route, (ROUTE,), names, intervals, routed, is_root=True)
        for position, name in enumerate(names):
            if names.count(name) == 1 and name not in routed and not _has_unresolved(route):
                how = f"add `- {{receiver: {name}, matchers: […]}}` to {ROUTE}.routes, or remove the receiver"
                yield (RECEIVERS, position, "name"), f"no route leads to '{name}'; {how}"
    for position, rule in enumerate(_list(host, "alertmanager_inhibit_rules")):
        yield from _inhibition(rule, ("alertmanager_inhibit_rules", position))


def _receivers(host: Host, receivers: list[Any]) -> Iterator[Found]:
    seen: dict[str, int] = {}
    for position, receiver in enumerate(receivers):
        path: KeyPath = (RECEIVERS, position)
        if not isinstance(receiver, dict):
            continue
        name = receiver.get("name")
        if name is None or name == "":
            yield path, "has no name; add `name: …`, routes refer to it"
        elif name == NULL_RECEIVER:
            yield (*path, "name"), f"'{NULL_RECEIVER}' is the toolkit's own, it tells nobody; choose another name"
        elif not isinstance(name, Unresolved) and seen.setdefault(str(name), position) != position:
            yield (*path, "name"), f"a receiver is called '{name}' already; give each a name of its own"
        for key, configs in receiver.items():
            if key != "name" and key not in INTEGRATIONS:
                hint = suggest(key, INTEGRATIONS) or f"known are {one_of(INTEGRATIONS, 20)}"
                yield (*path, key), f"Alertmanager has no such integration; {hint}"
            elif isinstance(configs, dict):
                yield (*path, key), "is a mapping, where a list is wanted; begin its first line with '- '"
            elif isinstance(configs, list):
                for index, config in enumerate(configs):
                    yield from _integration(host, key, config, (*path, key, index))


def _integration(host: Host, key: str, config: Any, path: KeyPath) -> Iterator[Found]:
    if not isinstance(config, dict):
        return
    shared = host.get("alertmanager_global")
    if key == "email_configs" and isinstance(shared, dict):
        if not config.get("to"):
            yield path, "an e-mail needs an address; add `to: ops@example.org`"
        smarthost = config.get("smarthost") or shared.get("smtp_smarthost")
        if not smarthost:
            yield path, "no mail server is named; set alertmanager_global.smtp_smarthost to mail.example.org:587"
        sender = config.get("from") or shared.get("smtp_from")
        if not sender:
            yield path, "no sender is named; set alertmanager_global.smtp_from to an address"
    if key == "webhook_configs" and not (config.get("url") or config.get("url_file")):
        yield path, "a webhook needs an address; add `url: https://…`"
    url = config.get("url")
    if isinstance(url, str) and url and not URL.holds(url):
        yield (*path, "url"), "is not a URL; write it as https://host.example.org/path"


def _route(
    route: Any,
    path: KeyPath,
    receivers: list[str],
    intervals: set[str],
    routed: set[str],
    *,
    is_root: bool = False,
) -> Iterator[Found]:
    """Check one route and those below it; note in `routed` whom they lead to."""
    if not isinstance(route, dict):
        return
    for key in set(route) - ROUTE_KEYS:
        yield (*path, key), f"a route has no such key; {suggest(key, ROUTE_KEYS) or 'known are ' + one_of(ROUTE_KEYS)}"
    receiver = route.get("receiver")
    if receiver is None and is_root and receivers:
        receiver = receivers[0]  # as the role does
    if isinstance(receiver, str | int) and str(receiver) not in {*receivers, NULL_RECEIVER}:
        yield (*path, "receiver"), f"no receiver is called '{receiver}'; write one of: {one_of(receivers)}"
    routed.add(str(receiver))
    if is_root:
        for key in {"matchers", "match", "match_re"} & set(route):
            yield (*path, key), "the first route catches everything; move it into a route below `routes:`"
    for key in ("group_wait", "group_interval", "repeat_interval"):
        value = route.get(key)
        wrong = DURATION.wrong(value) if isinstance(value, str | int) else None
        if wrong:
            yield (*path, key), wrong
    for key in ("mute_time_intervals", "active_time_intervals"):
        for position, name in enumerate(_items(route.get(key))):
            if str(name) not in intervals:
                how = f"define it in alertmanager_time_intervals, or write one of: {one_of(intervals)}"
                yield (*path, key, position), f"no time interval is called '{name}'; {how}"
    yield from check_matchers(route.get("matchers"), (*path, "matchers"))
    for position, child in enumerate(_items(route.get("routes"))):
        yield from _route(child, (*path, "routes", position), receivers, intervals, routed)


def _inhibition(rule: Any, path: KeyPath) -> Iterator[Found]:
    if not isinstance(rule, dict):
        return
    for key in set(rule) - INHIBIT_KEYS:
        hint = suggest(key, INHIBIT_KEYS) or f"known are {one_of(INHIBIT_KEYS)}"
        yield (*path, key), f"an inhibition has no such key; {hint}"
    for key in ("source_matchers", "target_matchers"):
        yield from check_matchers(rule.get(key), (*path, key))


def _list(host: Host, variable: str) -> list[Any]:
    return _items(host.get(variable))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_unresolved(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_unresolved(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_unresolved(item) for item in value)
    return isinstance(value, Unresolved)
