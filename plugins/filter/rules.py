"""Prometheus rule files on their way to the monitors: intervals, overrides and runbook links put in.

Sources are a mapping of each file's name, without suffix, to the parsed rule file: all of them together, so
that an override can be refused when no file has an alert of that name.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu.data import plain_copy

Sources = dict[str, dict[str, Any]]

_REPLACED = ("expr", "for", "keep_firing_for")
_MERGED = ("labels", "annotations")
_OVERRIDE_KEYS = (*_REPLACED, *_MERGED, "enabled")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


def rule_groups(
    sources: Sources,
    page_interval: str = "2s",
    interval: str = "15s",
    overrides: dict[str, dict[str, Any] | None] | None = None,
    runbook_base_url: str = "",
) -> Sources:
    """Return the sources with the operator's intervals, overrides and runbook base put in.

    Groups named ``<subsystem>_page`` are evaluated every ``page_interval``, others every ``interval`` unless
    they name their own (Prometheus durations). An override, by alert or recorded series, replaces expr, for and
    keep_firing_for, merges labels and annotations (null drops one), and ``enabled: false`` drops the rule. A
    group left without rules goes.
    """
    wanted = {name: change or {} for name, change in (overrides or {}).items()}
    _check_overrides(wanted, rule_names(sources))
    result: Sources = {}
    for file_name, document in sorted(sources.items()):
        groups = []
        for raw in _groups_of(file_name, document):
            group = plain_copy(raw)
            if str(group["name"]).endswith("_page"):
                group["interval"] = page_interval
            else:
                group.setdefault("interval", interval)
            rules = [_overridden(rule, wanted.get(_name(rule), {})) for rule in group.get("rules") or []]
            group["rules"] = [_with_runbook(rule, runbook_base_url) for rule in rules if rule is not None]
            if group["rules"]:
                groups.append(group)
        result[file_name] = {"groups": groups}
    return result


def rule_names(sources: Sources) -> list[str]:
    """List every alert and recorded series of the sources, each once, sorted."""
    names = {
        _name(rule)
        for file_name, document in sources.items()
        for group in _groups_of(file_name, document)
        for rule in group.get("rules") or []
    }
    return sorted(names - {""})


def rule_sources(extra: dict[str, Any]) -> Sources:
    """Read the operator's ``name -> groups`` as sources; a whole rule file (``groups:``) is taken too."""
    result: Sources = {}
    for name, given in (extra or {}).items():
        if not _FILE_NAME.match(name):
            raise AnsibleFilterError(
                f"prometheus_extra_rules: '{name}' becomes a file's name; use letters, digits, _ . -"
            )
        document = given if isinstance(given, dict) else {"groups": given}
        _groups_of(f"prometheus_extra_rules.{name}", document)
        result[name] = document
    return result


def prefixed(mapping: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return the mapping with the prefix put before each key."""
    return {f"{prefix}{key}": value for key, value in mapping.items()}


def _groups_of(place: str, document: Any) -> list[dict[str, Any]]:
    groups = document.get("groups") if isinstance(document, dict) else None
    if not isinstance(groups, list) or not all(isinstance(group, dict) and "name" in group for group in groups):
        raise AnsibleFilterError(f"{place}: a rule file is 'groups:' with a list of groups, each with name and rules")
    return groups


def _name(rule: dict[str, Any]) -> str:
    return str(rule.get("alert") or rule.get("record") or "")


def _check_overrides(overrides: dict[str, dict[str, Any]], known: list[str]) -> None:
    for name, change in overrides.items():
        place = f"prometheus_rule_overrides.{name}"
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}"
            raise AnsibleFilterError(f"{place}: no rule of that name; {hint}")
        if not isinstance(change, dict):
            raise AnsibleFilterError(f"{place}: give a mapping such as {{for: 10s}}, not {change!r}")
        if ":" in name and not change.get("enabled", True):  # a colon marks a recorded series
            raise AnsibleFilterError(f"{place}.enabled: alerts are computed from this series; change its expr instead")
        for key in change:
            if key not in _OVERRIDE_KEYS:
                raise AnsibleFilterError(f"{place}.{key}: unknown key; use one of {', '.join(_OVERRIDE_KEYS)}")


def _overridden(rule: dict[str, Any], change: dict[str, Any]) -> dict[str, Any] | None:
    if not change.get("enabled", True):
        return None
    rule.update({key: change[key] for key in _REPLACED if key in change})
    for key in _MERGED:
        if key in change:
            merged = {**(rule.get(key) or {}), **(change[key] or {})}
            rule[key] = {name: value for name, value in merged.items() if value is not None}
    return rule


def _with_runbook(rule: dict[str, Any], base: str) -> dict[str, Any]:
    url = (rule.get("annotations") or {}).get("runbook_url")
    if base and url and "://" not in url:
        rule["annotations"]["runbook_url"] = f"{base.rstrip('/')}/{url.lstrip('/')}"
    return rule


class FilterModule:
    """The filters of this file, by the names that roles use."""

    def filters(self) -> dict[str, Any]:
        """Return name and function of each filter."""
        return {
            "rule_groups": rule_groups,
            "rule_names": rule_names,
            "rule_sources": rule_sources,
            "prefixed": prefixed,
        }
