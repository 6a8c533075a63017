"""Does a monitor watch all that it should? Pure: the APIs' answers and what is expected in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Finding:
    """One line of a report; ``cure`` says what to do when it is not ok."""

    check: str
    ok: bool
    detail: str
    cure: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)


def table(findings: Iterable[Finding]) -> list[str]:
    """Render findings as aligned lines, a cure below its finding."""
    listed = list(findings)
    width = max((len(finding.check) for finding in listed), default=0)
    lines = []
    for finding in listed:
        lines.append(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check:<{width}}  {finding.detail}")
        if finding.cure and not finding.ok:
            lines.append(f"{'':<{width + 6}}  cure: {finding.cure}")
    return lines


def targets_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the active targets of Prometheus's ``/api/v1/targets``."""
    return list(answer.get("data", {}).get("activeTargets") or [])


def check_hosts(job: str, hosts: list[str], targets: list[dict[str, Any]]) -> Finding:
    """Find hosts that the job does not scrape, or scrapes in vain."""
    seen = {target["labels"].get("instance"): target for target in targets if _job(target) == job}
    missing = sorted(set(hosts) - set(seen))
    down = {host: seen[host] for host in sorted(set(hosts) & set(seen)) if seen[host].get("health") != "up"}
    troubles = [f"{host} is no target" for host in missing] + _troubles(down)
    cures = []
    if missing:
        cures.append(f"provision {_names(missing)} again, which registers it on every monitor")
    if down:
        cures.append(f"on {_names(down)}, look at 'systemctl status prometheus-node-exporter'")
    return _finding(f"job {job}", f"{len(hosts)} of {len(hosts)} hosts scraped", troubles, cures)


def check_probes(probes: list[dict[str, str]], targets: list[dict[str, Any]]) -> Finding:
    """Find probes (``instance`` and ``probe``) that are not run. One that runs and fails is no concern here."""
    seen = {
        (target["labels"].get("instance"), target["labels"].get("probe")): target
        for target in targets
        if _job(target) == "probe"
    }
    wanted = [(probe["instance"], probe["probe"]) for probe in probes]
    missing = sorted(pair for pair in wanted if pair not in seen)
    down = {
        f"{pair[0]}/{pair[1]}": seen[pair]
        for pair in sorted(wanted)
        if pair in seen and seen[pair].get("health") != "up"
    }
    troubles = [f"{host}/{name} is no target" for host, name in missing] + _troubles(down)
    cures = []
    if missing:
        hosts = sorted({host for host, _ in missing})
        cures.append(f"provision {_names(hosts)} again, which registers its probes on every monitor")
    if down:
        cures.append("on this monitor, look at 'journalctl -u prometheus-blackbox-exporter'")
    return _finding("probes", f"{len(wanted)} of {len(wanted)} probes run", troubles, cures)


def check_rules(names: list[str], answer: Mapping[str, Any]) -> Finding:
    """Compare the rules of ``/api/v1/rules`` with the names expected, and find those that cannot be evaluated."""
    rules = [rule for group in answer.get("data", {}).get("groups") or [] for rule in group.get("rules") or []]
    loaded = {str(rule["name"]) for rule in rules}
    missing, strange = sorted(set(names) - loaded), sorted(loaded - set(names))
    broken = {str(rule["name"]): rule.get("lastError", "") for rule in rules if rule.get("health") == "err"}
    troubles = [f"{name} is not loaded" for name in missing]
    troubles += [f"{name} is loaded and nobody wants it" for name in strange]
    troubles += [f"{name} cannot be evaluated: {error}" for name, error in sorted(broken.items())]
    cure = "provision this monitor again, and look at 'journalctl -u prometheus'"
    return _finding("rules", f"{len(set(names))} of {len(set(names))} rules loaded", troubles, [cure])


def check_alertmanagers(endpoints: list[str], answer: Mapping[str, Any]) -> Finding:
    """Compare the Alertmanagers that Prometheus knows (``/api/v1/alertmanagers``) with ``host:port`` of all."""
    active = {urlsplit(item["url"]).netloc for item in answer.get("data", {}).get("activeAlertmanagers") or []}
    troubles = [f"{endpoint} is unknown to Prometheus" for endpoint in sorted(set(endpoints) - active)]
    troubles += [f"{endpoint} is no monitor of the inventory" for endpoint in sorted(active - set(endpoints))]
    cure = "provision this monitor again"
    return _finding("alertmanagers", f"{len(endpoints)} of {len(endpoints)} Alertmanagers known", troubles, [cure])


def check_mesh(monitors: Mapping[str, Iterable[str]], answer: Mapping[str, Any]) -> Finding:
    """Compare the mesh of Alertmanager's ``/api/v2/status`` with the monitors, each with its ``address:port``s."""
    cluster = answer.get("cluster", {})
    peers = {str(peer.get("address")) for peer in cluster.get("peers") or []}
    state = cluster.get("status")
    if len(monitors) == 1 and state == "disabled":
        return Finding("mesh", True, "a single monitor needs none")
    troubles = []
    if len(peers) < len(monitors):
        absent = sorted(name for name, addresses in monitors.items() if not peers & set(addresses))
        troubles.append(f"{_names(absent) or 'a monitor'} is not in it: {len(peers)} of {len(monitors)} members")
    elif len(peers) > len(monitors):
        known = {address for addresses in monitors.values() for address in addresses}
        troubles.append(f"{_names(sorted(peers - known))} is in it and no monitor of the inventory")
    elif state != "ready":
        troubles.append(f"it is {state}, not ready")
    cure = "see that the mesh port is open between all monitors, and look at 'journalctl -u prometheus-alertmanager'"
    return _finding("mesh", f"{len(monitors)} of {len(monitors)} monitors are in it", troubles, [cure])


def check_gone(hosts: list[str], jobs: list[str], targets: list[dict[str, Any]]) -> Finding:
    """Find targets of hosts that should have none left in these jobs."""
    left = sorted(
        f"{target['labels'].get('instance')} (job {_job(target)})"
        for target in targets
        if target["labels"].get("instance") in hosts and _job(target) in jobs
    )
    troubles = [f"{name} is still a target" for name in left]
    cure = "see that its files below /etc/prometheus/targets.d are gone, and look at 'journalctl -u prometheus'"
    return _finding("gone", f"no target of {_names(hosts)} is left", troubles, [cure])


def _finding(check: str, good: str, troubles: list[str], cures: list[str]) -> Finding:
    if not troubles:
        return Finding(check, True, good)
    return Finding(check, False, "; ".join(troubles), "; ".join(cures))


def _troubles(down: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"{name} is {target.get('health')}: {target.get('lastError') or 'not yet scraped'}"
        for name, target in down.items()
    ]


def _job(target: Mapping[str, Any]) -> str:
    return str(target["labels"].get("job"))


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
