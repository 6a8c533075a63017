"""Changes that shut the operator out: whether each is undone in time, told in plain words, and leaves no trace."""

from __future__ import annotations

import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _endings, _hostile, _knocking, _snapshot, _victims
from bongsu.errors import BongsuError
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bongsu.bench._hostile import Hostile
    from bongsu.bench._snapshot import Snapshot
    from bongsu.bench._victims import Victim

HOSTS = 4
_GRACE = 5.0  # seconds past the time to confirm
_WORDS = re.compile(r"put everything back|been put back|was put back")
_NETWORK = (("nft", "--stateless", "list", "ruleset"), ("ip", "-4", "address"), ("ip", "-4", "route"), ("ip", "rule"))
LOOK = _snapshot.Look(
    roots=("/etc", "/root", "/usr", "/var/lib/systemd"),
    skip=("/root/.ansible", "/var/lib/systemd/timers", "/var/lib/systemd/random-seed"),
    hashed=("/etc", "/root", "/usr/lib/bongsu"),
    units=_hostile.UNITS,
)


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Try every hostile change, Debian releases turn about; count those that did not end as promised."""
    with _victims.victims(HOSTS, say) as victims:
        names = [change.name for change in hostile_to(victims[0])]
        records = try_all(victims, names, say)
    lasting = [record for record in records if record["problems"]]
    longest = max((record["shut_for"] for record in records), default=0.0)
    detail = {"within": _hostile.WITHIN, "tried": len(records), "longest": longest, "lock_outs": records}
    return Figure(len(lasting), len(lasting) <= bar and len(records) >= len(names), detail)


def try_all(victims: Sequence[Victim], names: Sequence[str], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Try the changes of such names, shared out among the hosts, and on each host what must work besides."""
    with _knocking.many_addresses(victims[0].lab), ThreadPoolExecutor(len(victims)) as pool:
        shares = [names[place :: len(victims)] for place in range(len(victims))]
        jobs = [pool.submit(_try_on, victim, share, say) for victim, share in zip(victims, shares, strict=True)]
    return [record for job in jobs for record in job.result()]


def hostile_to(victim: Victim) -> list[Hostile]:
    """Return the changes that lock the operator of a host out."""
    return _hostile.changes(victim.address, str(victim.lab.spec.subnet))


def _try_on(victim: Victim, names: Sequence[str], say: Callable[[str], None]) -> list[dict[str, Any]]:
    victim.inside("apt-get", "--quiet", "--yes", "install", "nftables")
    attempts: list[Callable[[], dict[str, Any]]] = [
        partial(_good_change, victim),
        *(partial(lock_out, victim, change) for change in hostile_to(victim) if change.name in names),
        partial(_abandoned, victim, "controller"),
        partial(_abandoned, victim, "host"),
    ]
    records = []
    for attempt in attempts:
        records.append(record := attempt())
        say(line(record))
    return records


def lock_out(victim: Victim, change: Hostile) -> dict[str, Any]:
    """Make one hostile change, and see how it ends."""
    victim.inside("sh", "-ec", change.prepare)
    before, network = _snapshot.take(victim, LOOK), network_state(victim)
    with _knocking.knocking(victim) as door:
        run = victim.converge(change.component)
        after = _knocking.log_in(victim)
    text = " ".join(run.output.split())
    problems = _trace(victim, before, network)
    if run.status == 0:
        problems.append("the task did not fail")
    if not _WORDS.search(text):
        problems.append(f"it does not say that everything was put back: {run.output[-1500:]}")
    if after.returncode != 0:
        problems.append(f"the operator could not log in when the task had ended: {after.stderr.decode().strip()}")
    shut = door.shut_for()
    if not 0 < shut < _hostile.WITHIN + _GRACE:
        problems.append(f"shut for {shut:.1f} s; the last logins that failed: {door.last_words()}")
    victim.inside("sh", "-ec", change.restore)
    said = re.search(r"msg: (?:\|-)?\s*(.+?) (?:round_trips|rolled_back):", text)
    return _record(victim, change.name, shut, run.seconds, problems) | {"said": said[1] if said else text[-600:]}


def _good_change(victim: Victim) -> dict[str, Any]:
    """Make a change that locks nobody out: it must stay, and be silent the second time."""
    problems = []
    with _knocking.knocking(victim) as door:
        first, second = (victim.converge(_hostile.harmless()) for _ in range(2))
        time.sleep(_hostile.WITHIN + 2)
    third = victim.converge(_hostile.harmless())
    if first.status != 0:
        problems.append(f"a good change failed: {first.output[-1500:]}")
    if any(second.changed.values()) or any(third.changed.values()) or second.status + third.status != 0:
        problems.append(f"a good change did not stay: {second.output[-800:]} {third.output[-800:]}")
    problems += _snapshot.leftovers(seen := _snapshot.take(victim, LOOK), seen)
    return _record(victim, "none: a good change", door.shut_for(), first.seconds, problems)


def _abandoned(victim: Victim, kind: str) -> dict[str, Any]:
    """Begin a hostile change, and end the controller or the host while the host waits to be confirmed."""
    before, network = _snapshot.take(victim, LOOK), network_state(victim)
    mark, _, value = _endings.controller_mark(victim).partition("=")
    with _knocking.knocking(victim) as door:
        began = time.monotonic()
        process = victim.begin(hostile_to(victim)[0].component, **{mark: value})
        problems = [] if _waits(victim, process) else [f"it never waited: {_victims.said(victim)}"]
        try:
            _endings.end(victim, kind, {"controller": "all", "host": "once"}[kind], 0.0)
        except BongsuError as error:
            problems.append(str(error))
        _endings.end(victim, "controller", "all", 0.0)
        process.wait()
        end = time.monotonic() + _hostile.WITHIN + _GRACE
        while (trace := _trace(victim, before, network)) and time.monotonic() < end:
            time.sleep(0.5)
    if (shut := door.shut_for()) == float("inf"):
        problems.append(f"nobody could log in any more: {door.last_words()}")
    return _record(victim, f"{kind} ended while it waits", shut, time.monotonic() - began, problems + trace)


def _waits(victim: Victim, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the host waits to be confirmed; False where the run ends before."""
    journal = Path(f"/proc/{victim.init}/root/var/lib/bongsu/journal/access/journal.json")
    while process.poll() is None:
        try:
            if json.loads(journal.read_text())["confirm"]:
                return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def _trace(victim: Victim, before: Snapshot, network: str) -> list[str]:
    """List what is not as it was."""
    seen = _snapshot.take(victim, LOOK)
    found = _snapshot.differences(before, seen, lambda subject: "__pycache__" not in subject)
    found += _snapshot.leftovers(seen, before)
    now = network_state(victim)
    return _snapshot.short(found) + ([f"the network was:\n{network}\nand is:\n{now}"] if now != network else [])


def network_state(victim: Victim) -> str:
    """Return the host's rules, addresses and routes, as this machine's own tools see them."""
    inside = ["nsenter", "--net", f"--target={victim.init}"]
    outputs = [
        subprocess.run([*inside, *argv], capture_output=True, text=True, check=True, env=machine.environment()).stdout
        for argv in _NETWORK
    ]
    return re.sub(r"@if\d+", "@if", "\n".join(outputs))  # the other end's number is another after each boot


def _record(victim: Victim, name: str, shut: float, seconds: float, problems: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "host": f"{victim.name} (Debian {victim.lab.spec.host(victim.name).release})",
        "shut_for": round(shut, 1),
        "seconds": round(seconds, 1),
        "problems": problems,
    }


def line(record: dict[str, Any]) -> str:
    """Return a record as one line for a reader."""
    end = f": {'; '.join(record['problems'])}" if record["problems"] else ""
    return f"{record['host']}: {record['name']}: shut for {record['shut_for']} s, run {record['seconds']} s{end}"
