"""Filters on tables of security controls: what a role applies, and what it leaves on the host about that."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu import controls


def chosen_controls(
    role: str, profile: str, choices: Mapping[str, Any], given: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return a role's controls that are applied or waived: id, what, sets and state, and reason and until if waived.

    Of what each sets there is left what comes into force: a value, and none that a later control sets anew. ``given``
    has the values that the role gives, by name.
    """
    return _chosen(controls.table(role), profile, choices, given or {})


def _chosen(
    table: Sequence[Mapping[str, Any]], profile: str, choices: Mapping[str, Any], given: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if profile not in controls.PROFILES:
        raise AnsibleFilterError(f"'{profile}' is no profile; write one of: {', '.join(controls.PROFILES)}")
    subject = str(table[0]["id"]).partition(".")[0]
    own = {name: choice for name, choice in choices.items() if str(name).partition(".")[0] == subject}
    wrong = [f"{'.'.join(path)}: {words}" for path, words in controls.problems(own, [one["id"] for one in table])]
    if wrong:
        raise AnsibleFilterError("; ".join(wrong))
    chosen = [one for one in controls.choose(table, profile, own) if one.state != "off"]
    return [
        {
            "id": one.control["id"],
            "what": one.control["what"],
            "sets": _in_force(one, chosen[place + 1 :], given),
            "state": one.state,
            "reason": one.reason,
            "until": one.until,
        }
        for place, one in enumerate(chosen)
    ]


def _in_force(
    one: controls.Chosen, later: Sequence[controls.Chosen], given: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return what a control sets: not what has no value, nor what a later control sets too. Waived, it sets nothing."""
    if one.state != "applied":
        return {}
    overruled = {
        (kind, name)
        for other in later
        if other.state == "applied"
        for kind, settings in other.control["sets"].items()
        for name in controls.flat(settings)
    }
    kept = {
        kind: {
            name: value
            for name, listed in controls.flat(settings).items()
            if (kind, name) not in overruled
            if (value := given[its] if (its := controls.given(listed)) else listed) not in ("", [], None)
        }
        for kind, settings in one.control["sets"].items()
    }
    return {kind: settings for kind, settings in kept.items() if settings}


def controls_document(chosen: Sequence[Mapping[str, Any]], role: str) -> str:
    """Return what the host is to know of a role's controls, as JSON."""
    listed = [
        {"id": one["id"], "state": "waived", "reason": one["reason"], "until": one["until"]}
        if one["state"] == "waived"
        else {"id": one["id"], "state": "applied", **one["sets"]}
        for one in chosen
        if one["state"] == "waived" or one["sets"]
    ]
    return json.dumps({"role": role, "controls": listed}, indent=1, default=str) + "\n"


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {"chosen_controls": chosen_controls, "controls_document": controls_document}
