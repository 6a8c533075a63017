"""Filters for PAM: a table of rules as files, for its stacks and for pam-auth-update; settings that are flags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

_STACKS = {
    stack: f"/etc/pam.d/common-{stack}"
    for stack in ("auth", "account", "password", "session", "session-noninteractive")
}
_PRIORITIES = {"first": 1024, "last": 0}  # pam-auth-update lays what has the greater one first; pam_unix has 256
_BETWEEN = 512


def pam_files(table: Sequence[Mapping[str, Any]], applied: Collection[str]) -> list[dict[str, Any]]:
    """Return files for ``component``: of each stack that the table names an edit, with what the applied controls want.

    A row has ``control`` and ``stack`` (that of a common file, or a service's name), and either a rule, with ``line``,
    ``place`` and, where pam-auth-update is to know it, ``profile`` (``shipped`` by a package, or else placed here); or
    options of pam_unix.so to ``add`` and ``remove``.
    """
    wanted = [row for row in table if row["control"] in applied]
    files = []
    for stack in dict.fromkeys(row["stack"] for row in table):
        rows = [row for row in wanted if row["stack"] == stack]
        rules = [{key: row[key] for key in ("line", "place", "profile") if key in row} for row in rows if "line" in row]
        changed = {verb: [option for row in rows for option in row.get(verb, ())] for verb in ("add", "remove")}
        options = {"pam_unix.so": changed} if any(changed.values()) else {}
        files.append(
            _file(_STACKS.get(stack, f"/etc/pam.d/{stack}"), edit={"pam": {"insert": rules, "options": options}})
        )
        if any("profile" in row for row in table if row["stack"] == stack):
            files.append(_file(f"/var/lib/pam/{stack}", edit={"pam_saved": {"insert": rules}}))
    placed = dict.fromkeys(row["profile"] for row in wanted if "profile" in row and not row.get("shipped"))
    return files + [
        _file(
            f"/usr/share/pam-configs/{name}",
            content=_profile(name, [row for row in wanted if row.get("profile") == name]),
        )
        for name in placed
    ]


def _file(dest: str, **what: Any) -> dict[str, Any]:
    return {"dest": dest, "on_change": "none", **what}  # read at each login


def _profile(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write a profile as pam-auth-update reads it, with each rule blank for blank as in the stack."""
    lines = [f"Name: {name}, placed by bongsu", "Default: yes"]
    lines += [f"Priority: {_PRIORITIES.get(rows[0]['place'], _BETWEEN)}"]
    for row in rows:
        kind, rule = row["line"].split(None, 1)
        lines += [f"{kind.capitalize()}-Type: Primary", f"{kind.capitalize()}:", f"\t{rule}"]
    return "\n".join(lines) + "\n"


def flag_values(values: Mapping[str, Any], *flags: str) -> dict[str, Any]:
    """Return settings as ``component`` edits them: the name of a flag stands there (``yes``) or does not (``no``)."""
    return {name: ({"yes": True, "no": None}[str(value)] if name in flags else value) for name, value in values.items()}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {"flag_values": flag_values, "pam_files": pam_files}
