"""Probes and rules: what is watched from outside, and what the operator changes in the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.inventory.formats import DURATION, is_address, is_host_port, is_url, milliseconds
from bongsu.inventory.words import one_of, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bongsu.inventory.model import Host, Inventory, KeyPath, Problem

PROBES, MODULES, OVERRIDES = "blackbox_exporter_probes", "blackbox_exporter_modules", "prometheus_rule_overrides"

_HOST_PORT = (is_host_port, "host:port, as in db1.example.org:5432")
_TARGETS: dict[str, tuple[Callable[[str], bool], str]] = {
    "http": (lambda text: is_url(text) or (is_host_port(text) or is_address(text)), "https://www.example.org/health"),
    "tcp": _HOST_PORT,
    "grpc": _HOST_PORT,
    "icmp": (is_address, "an address or a name alone, as in gw1.example.org"),
    "dns": (lambda text: is_address(text) or is_host_port(text), "the name server to ask, as in 192.0.2.53"),
}


def check_probes(inventory: Inventory) -> Iterator[Problem]:
    """Check that each probe's module exists, that its target suits it, and that names tell probes apart."""
    for host in inventory.hosts.values():
        probes = host.get(PROBES)
        if not isinstance(probes, list):
            continue
        modules = _modules(inventory, host)
        seen: set[str] = set()
        for position, probe in enumerate(probes):
            if isinstance(probe, dict):
                for path, message in _probe(probe, modules, seen):
                    yield inventory.problem(host, (PROBES, position, *path), message)


def _modules(inventory: Inventory, host: Host) -> dict[str, str | None]:
    """Return module -> prober, the role's own modules and the operator's; None for a prober not known."""
    added = host.get(MODULES)
    merged = {**inventory.schema.probe_modules, **(added if isinstance(added, dict) else {})}
    return {name: module.get("prober") if isinstance(module, dict) else None for name, module in merged.items()}


def _probe(probe: dict[str, Any], modules: dict[str, str | None], seen: set[str]) -> Iterator[tuple[KeyPath, str]]:
    name, module, target = (probe.get(key) for key in ("name", "module", "target"))
    if isinstance(name, str):
        if name in seen:
            yield ("name",), f"a probe of this host is called '{name}' already; give each a name of its own"
        seen.add(name)
    if not isinstance(module, str):
        return
    if modules and module not in modules:
        hint = suggest(module, modules)
        cure = f"write one of: {one_of(modules)}, or define it in {MODULES}"
        yield ("module",), f"there is no module '{module}'; {hint + ' ' if hint else ''}{cure}"
        return
    prober = modules.get(module) or module.split("_")[0]
    if isinstance(target, str) and prober in _TARGETS:
        suits, how = _TARGETS[prober]
        if not suits(target):
            yield ("target",), f"'{target}' cannot be probed by {module}; write {how}"


def check_rules(inventory: Inventory) -> Iterator[Problem]:
    """Check that overrides change rules that exist, and leave them loadable."""
    rules = inventory.schema.rules
    for host in inventory.in_group("monitors"):
        overrides = host.get(OVERRIDES)
        if not isinstance(overrides, dict):
            continue
        added = host.get("prometheus_extra_rules")
        for name, change in overrides.items():
            path: KeyPath = (OVERRIDES, name)
            if rules and name not in rules and name not in _names_in(added):
                hint = suggest(name, rules) or f"there are {one_of(rules, 30)}"
                yield inventory.problem(host, path, f"no rule is called '{name}'; {hint}")
            if not isinstance(change, dict):
                yield inventory.problem(host, path, "is not a mapping; write what changes, as in {for: 10m}")
                continue
            yield from _change(inventory, host, path, change)


def _change(inventory: Inventory, host: Host, path: KeyPath, change: dict[str, Any]) -> Iterator[Problem]:
    known = ("for", "keep_firing_for", "labels", "expr", "annotations", "enabled")
    for key in change:
        if key not in known:
            hint = suggest(key, known) or f"known are {one_of(known)}"
            yield inventory.problem(host, (*path, key), f"a rule has nothing of that name to change; {hint}")
    for key in ("for", "keep_firing_for"):
        value = change.get(key)
        wrong = DURATION.wrong(value) if isinstance(value, str | int) else None
        if wrong:
            yield inventory.problem(host, (*path, key), wrong)
    severity = (change.get("labels") or {}).get("severity") if isinstance(change.get("labels"), dict) else None
    if isinstance(severity, str) and severity not in {"page", "ticket"}:
        message = f"'{severity}' is no severity; write page (now) or ticket (this week)"
        yield inventory.problem(host, (*path, "labels", "severity"), message)


def _names_in(rules: Any) -> set[str]:
    """Return every alert or record name in a rule file's shape, however deep."""
    if isinstance(rules, dict):
        own = {str(rules[key]) for key in ("alert", "record") if key in rules}
        return own.union(*(_names_in(value) for value in rules.values()))
    return set().union(*(_names_in(item) for item in rules)) if isinstance(rules, list) else set()


def check_scrapes(inventory: Inventory) -> Iterator[Problem]:
    """Check that no scrape may take longer than the time to the next one: Prometheus does not load such a job."""
    for host in inventory.in_group("monitors"):
        for timeout in (name for name in host.variables if name.endswith("_scrape_timeout")):
            interval = timeout.removesuffix("_timeout") + "_interval"
            longest, between = (milliseconds(str(host.get(name))) for name in (timeout, interval))
            if longest is not None and between is not None and longest > between:
                message = f"{host.get(timeout)} is longer than {interval} ({host.get(interval)}); make it shorter"
                yield inventory.problem(host, (timeout,), message)
