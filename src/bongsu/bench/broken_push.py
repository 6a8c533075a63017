"""Whether pushing something broken leaves everything as it was, and says what is wrong in the validator's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bongsu import proof
from bongsu.bench import Figure, _lab
from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bongsu.events import RunResult
    from bongsu.lab import Lab

UNITS = "prometheus.service prometheus-alertmanager.service prometheus-blackbox-exporter.service"
# An InvocationID that stays means that the unit was neither stopped nor restarted in between.
SNAPSHOT = (
    "find /etc/prometheus -type f -exec sha256sum {} + | sort -k2; "
    f"systemctl show --property=Id,ActiveState,InvocationID {UNITS}"
)


@dataclass(frozen=True)
class Push:
    """Something broken on purpose: variables over the inventory's, and words that its validator must say."""

    name: str
    variables: Mapping[str, Any]
    words: str


PUSHES = (
    Push(
        "template",
        {"prometheus_extra_scrape_configs": [{"job_name": "broken", "scrape_interval": "soon"}]},
        "not a valid duration string",
    ),
    Push("rule", {"prometheus_rule_overrides": {"HostDown": {"expr": "up == =="}}}, "parse error"),
    Push(
        # What the inventory check lets pass, because only Alertmanager knows: its own tool must refuse it.
        "receiver",
        {
            "alertmanager_receivers": [
                {"name": "page", "webhook_configs": [{"url": "http://127.0.0.1/", "max_alerts": "many"}]}
            ],
            "alertmanager_route": {"receiver": "page"},
        },
        "cannot unmarshal",
    ),
)


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Push each broken thing, count promises that were not kept, then see that a page still arrives."""
    lab = _lab.provisioned(say)
    monitors = [host.name for host in lab.spec.hosts if host.name.startswith("monitor")]
    broken: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    for push in PUSHES:
        say(f"pushing a broken {push.name}")
        before = {name: snapshot(lab, name) for name in monitors}
        result = _lab.site(lab, extra_vars=push.variables)
        after = {name: snapshot(lab, name) for name in monitors}
        said[push.name] = messages(result)
        broken[push.name] = unkept(push, result, before, after)
    say("and a page still arrives")
    detail: dict[str, Any] = {"unkept": broken, "said": said}
    try:
        page = proof.stop_and_time(lab, "server1", duplicate_window=0)
        detail["page_afterwards"] = round(page.fired, 2)
    except BongsuError as error:
        broken["afterwards"] = [str(error)]
    again = _lab.site(lab)
    if again.status != "ok" or again.changed:
        broken["next run"] = [f"status {again.status}, {again.changed} changes; none were wanted"]
    count = sum(len(promises) for promises in broken.values())
    return Figure(count, count <= bar, detail)


def unkept(
    push: Push, result: RunResult, before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return the promises that one push broke, in words; none is what is wanted."""
    found = []
    if result.status != "failed":
        found.append(f"the run ended '{result.status}' and not 'failed'")
    if not any(push.words in message for message in messages(result)):
        found.append(f"no failure says '{push.words}'")
    for host, earlier in before.items():
        found += [
            f"{host}: {what} was {earlier.get(what)}, is {after[host].get(what)}"
            for what in sorted(earlier.keys() | after[host].keys())
            if earlier.get(what) != after[host].get(what)
        ]
        down = [unit for unit, state in after[host].items() if unit.endswith(".service") and "active " not in state]
        found += [f"{host}: {unit} is down" for unit in down]
    return found


def snapshot(lab: Lab, host: str) -> dict[str, str]:
    """Return a host's configuration files with their hashes, and its units with state and invocation."""
    return parse_snapshot(lab.run(host, SNAPSHOT, check=True).stdout)


def parse_snapshot(text: str) -> dict[str, str]:
    """Return the hash of each file, and `<state> <invocation>` of each unit, from the output of SNAPSHOT."""
    found: dict[str, str] = {}
    unit: dict[str, str] = {}
    for line in text.splitlines():
        if line[:1] and "  /" in line:
            digest, _, path = line.partition("  ")
            found[path] = digest
        elif "=" in line:
            key, _, value = line.partition("=")
            unit[key] = value
            if len(unit) == 3:
                found[unit["Id"]] = f"{unit['ActiveState']} {unit['InvocationID']}"
                unit = {}
    return found


def messages(result: RunResult) -> list[str]:
    """Return all failures' messages of a run."""
    return [failure.message for host in result.hosts.values() for failure in host.failures]
