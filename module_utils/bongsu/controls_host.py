"""Look which security controls are in effect on this host, and tell it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from . import controls, host
from .component import store
from .errors import BongsuError

DIRECTORY = Path("/etc/bongsu/controls")  # one document a role
METRICS = "bongsu_controls.prom"
# Whom sshd is asked about: nobody, from nowhere (an address for documentation), so that no Match block counts.
_SSHD = ("/usr/sbin/sshd", "-T", "-C", "user=nobody,host=nowhere.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22")


def main(roles: Sequence[str], *, textfile: bool, as_json: bool) -> int:
    """Tell what is not in effect, of all roles or of those named; return 1 where something is not, else 0."""
    verdicts = look(roles)
    bad = [one for one in verdicts if one.state == "ineffective"]
    if textfile:
        export(verdicts)
    elif as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in verdicts], indent=2) + "\n")
    else:
        told = [f"{one.control}: {'; '.join(one.words)}" for one in bad]
        sys.stdout.write("\n".join(told or [f"{len(verdicts)} controls, each in effect or waived"]) + "\n")
    return 1 if bad else 0


def look(roles: Sequence[str] = (), directory: Path = DIRECTORY) -> list[controls.Verdict]:
    """Judge every control of the roles named, or of all; each daemon is asked once for all its settings."""
    documents = [
        controls.read(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(directory.glob("*.json"))
        if not roles or path.stem in roles
    ]
    wanted = {kind for _, known in documents for one in known for kind in controls.KINDS if kind in one}
    found = {kind: _LOOK[kind]() for kind in sorted(wanted)}
    return [controls.judge(role, one, found) for role, known in documents for one in known]


def export(verdicts: Sequence[controls.Verdict]) -> None:
    """Write the metrics where node_exporter reads them, if it does; take them away where no role has controls."""
    store.export(METRICS, controls.metrics(verdicts) if verdicts else None)


def _sshd() -> dict[str, list[str]]:
    """Ask sshd what its configuration comes to, whatever file says it."""
    output = host.run(_SSHD)
    if output.status != 0:
        raise BongsuError(f"{' '.join(_SSHD)}: {output.text}")
    return controls.settings(output.text)


_LOOK: dict[str, Callable[[], dict[str, list[str]]]] = {"sshd": _sshd}
