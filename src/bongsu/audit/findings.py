"""What becomes of a finding: a control of ours answers it, the inventory waives it, the project explains it, or none.

A score is never touched by this: it is the scanner's own.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bongsu.controls import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bongsu.audit.rules import Rule

STATES = ("open", "answered", "waived", "explained")
EXPLAINED = Path(__file__).with_name("explained.yml")
_LEVELS = ("fail", "warning", "warn", "suggestion")  # of Lynis and ssh-audit, from the gravest
_ORDINARY = 1  # how grave a rule of medium severity is, among the levels above


@functools.cache
def explained() -> dict[str, dict[str, str]]:
    """Return the project's reasons: scanner -> identifier of a finding -> reason."""
    listed = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))
    return {
        scanner: {str(name): " ".join(entry["reason"].split()) for entry in entries for name in entry["findings"]}
        for scanner, entries in listed.items()
    }


def of_openscap(
    found: Mapping[str, Any],
    rules: Mapping[str, Rule],
    release: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    verdicts: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return OpenSCAP's part of an audit; the score is what passed of what could be judged, in percent."""
    results: Mapping[str, str] = found["results"]
    by_result = {name: sorted(r for r, result in results.items() if result == name) for name in {*results.values()}}
    passed, failed = by_result.get("pass", []), by_result.get("fail", [])
    judged = len(passed) + len(failed)
    answers = _answers(release, tables, verdicts)
    findings = []
    for name in failed:
        rule = rules[name]
        state, reason = _state("openscap", name, [one for section in rule.sections for one in answers.get(section, [])])
        findings.append(
            {
                "id": name,
                "level": rule.severity,
                "title": rule.title,
                "sections": list(rule.sections),
                "state": state,
                "reason": reason,
                "_rank": (rule.rank + _ORDINARY, name),
            }
        )
    return {
        "version": found["version"],
        "content": found.get("content", ""),
        "score": round(100 * len(passed) / judged, 1) if judged else 0.0,
        "passed": len(passed),
        "failed": len(failed),
        "not_applicable": len(by_result.get("notapplicable", [])),
        "not_judged": sorted(
            f"{rule}: {result}"
            for result in by_result.keys() - {"pass", "fail", "notapplicable"}
            for rule in by_result[result]
        ),
        "findings": _sorted(findings),
    }


def of_others(scanner: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return Lynis's or ssh-audit's part of an audit: what it said, and the project's reasons."""
    findings = []
    for number, one in enumerate(found["findings"]):
        state, reason = _state(scanner, _name(scanner, one), [])
        rank = _LEVELS.index(one["level"]) if one["level"] in _LEVELS else len(_LEVELS)
        findings.append({**one, "state": state, "reason": reason, "_rank": (rank, f"{number:04}")})
    return {"version": found["version"], "score": found["score"], "findings": _sorted(findings)}


def count(part: Mapping[str, Any], state: str) -> int:
    """Return how many findings of a scanner's part are in a state."""
    return sum(one["state"] == state for one in part["findings"])


def _sorted(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what is open first, and the gravest first among equals."""
    findings.sort(key=lambda one: (STATES.index(one["state"]), one["_rank"]))
    return [{key: value for key, value in one.items() if key != "_rank"} for one in findings]


def _name(scanner: str, one: Mapping[str, Any]) -> str:
    """Return what the project's reasons know a finding by: with its detail's first word, where that has its own."""
    detailed = ": ".join([one["id"], *one.get("detail", "").split()[:1]])
    return detailed if detailed in explained().get(scanner, {}) else one["id"]


def _state(scanner: str, name: str, answers: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Decide: what is defeated is open, whatever else; then the inventory's word counts, then the project's reasons."""
    defeated = [words for state, words in answers if state == "defeated"]
    if defeated:
        return "open", "; ".join(dict.fromkeys(defeated))
    own = explained().get(scanner, {}).get(name)
    for wanted in ("waived", "explained", "answered", "not in profile", "open"):
        reasons = [own] if own and wanted == "explained" else [words for state, words in answers if state == wanted]
        if reasons:
            return "explained" if wanted == "not in profile" else wanted, "; ".join(dict.fromkeys(reasons))
    return "open", ""


def _answers(
    release: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    verdicts: Iterable[Mapping[str, Any]],
) -> dict[str, list[tuple[str, str]]]:
    """Return what each of our controls does about each section of the benchmark: (state, words)."""
    by_control = {one["control"]: one for one in verdicts}
    found: dict[str, list[tuple[str, str]]] = {}
    for table in tables.values():
        for control in table:
            answer = _answer(control, by_control.get(control["id"]))
            for section in control["cis"].get(f"debian{release}", []):
                found.setdefault(str(section), []).append(answer)
    return found


def _answer(control: Mapping[str, Any], verdict: Mapping[str, Any] | None) -> tuple[str, str]:
    name = control["id"]
    if verdict is None and control["profile"] == PROFILES[-1]:
        breaks = " ".join(control["breaks"].split())
        return "not in profile", f"{name} answers this section in the profile {PROFILES[-1]}; it may break: {breaks}"
    if verdict is None:
        return "open", f"{name} answers this section, and sets nothing here"
    words = "; ".join(verdict["words"])
    if verdict["state"] == "waived":
        return "waived", f"{name}: {words}"
    if verdict["state"] == "unavailable":
        return "explained", f"{name}: this host cannot have it: {words}"
    if verdict["state"] == "ineffective":
        return "defeated", f"{name} is defeated: {words}"
    return "answered", f"{name} answers this section and is in effect, as the host itself says"
