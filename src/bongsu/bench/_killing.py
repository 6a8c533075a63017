"""One host under attack: a run is begun and ended before its time, and what the host is then is judged."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.bench import _endings, _snapshot, _victims, _website
from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from bongsu.bench._attempts import Attempt
    from bongsu.bench._play import Run
    from bongsu.bench._snapshot import Snapshot
    from bongsu.bench._victims import Victim

# Seconds after the end of a run, or of a boot. The dead man's switch wakes up after 10; the rest is for packages to
# come back or go, on a machine whose processors several hosts and their controllers share.
SETTLED_WITHIN = 45.0
_SWITCH = 13.0  # seconds after which a dead man's switch has woken up, and found that there is nothing to do
_GIVEN_UP = 150.0  # seconds for a run whose host or connection is gone
PYTHON = "/opt/faults/python3"  # on a host that has the hook
_HOOK = Path(__file__).with_name("host") / "sitecustomize.py"
_WRAPPER = """\
#!/bin/sh
# The system's Python by another name: its processes carry a mark, and it loads sitecustomize, which -I would not.
[ "$1" != -I ] || shift
exec /usr/bin/env {mark} PYTHONPATH=/opt/faults/hook /usr/bin/python3 "$@"
"""
# The packages' state counts by name and version; what lies in /usr, by size.
LOOK = _snapshot.Look(
    roots=("/etc", "/srv", "/root", "/usr", "/var/www", "/var/lib/nginx", "/var/lib/systemd", _website.MARK),
    skip=("/root/.ansible", "/var/lib/systemd/timers", "/var/lib/systemd/random-seed"),
    hashed=("/etc", "/srv", "/root", "/usr/lib/bongsu", _website.MARK),
    units=(*_website.UNITS, "bongsu-recover.service", "bongsu-drift.timer"),
    urls=_website.URLS,
)


def install_hook(victim: Victim) -> None:
    """Give a host a Python that carries out /run/faults/order (see host/sitecustomize.py)."""
    victim.place(PYTHON, _WRAPPER.format(mark=_endings.host_mark(victim)))
    victim.place("/opt/faults/hook/sitecustomize.py", _HOOK.read_text())


@dataclass(frozen=True)
class Measured:
    """What an undisturbed run is like: seconds to its first side effect and to its end, and their number."""

    begins: float
    ends: float
    effects: int


@dataclass
class Siege:
    """A host that is attacked again and again, how it is in each of its states, and what its runs are like."""

    victim: Victim
    settled_within: float = SETTLED_WITHIN
    states: dict[str, Snapshot] = field(default_factory=dict)
    measured: dict[tuple[str, ...], Measured] = field(default_factory=dict)
    now: str = "bare"
    root: Path = Path()  # the host's file system, seen from outside

    def prepare(self) -> None:
        """Learn what the host looks like bare and in each state; raise BongsuError where undisturbed runs do not do."""
        install_hook(self.victim)
        self.victim.inside("apt-get", "--quiet", "--yes", "--autoremove", "purge", "nginx*")
        self.victim.inside("rm", "-rf", "/root/.ansible")
        self.states["bare"] = _snapshot.take(self.victim, LOOK)
        for state in ("a", "b"):
            self.victim.converge(_website.component(state)).require_ok()
            self.states[state] = _snapshot.take(self.victim, LOOK)
        self.victim.converge(_website.absent()).require_ok()
        left = _snapshot.differences(self.states["bare"], _snapshot.take(self.victim, LOOK), _counts)
        if left:
            lines = "\n".join(_snapshot.short(left))
            raise BongsuError(f"{self.victim.name}: taken away undisturbed, and not as before:\n{lines}")

    def attack(self, attempt: Attempt) -> dict[str, Any] | None:
        """Carry out an attempt; return its record, or None when the run ended too early to be disturbed."""
        if self.now != attempt.start:
            self.victim.converge(_component(attempt.start)).require_ok()
        if attempt.missing:
            self.victim.inside("apt-get", "--quiet", "--yes", "purge", *_website.PACKAGES, "libnginx-mod-http-echo")
        before = _snapshot.take(self.victim, LOOK)
        if attempt.run not in self.measured:
            self._measure(attempt)
            return self.attack(attempt)
        at = 1 + int(attempt.share * self.measured[attempt.run].effects) if attempt.exact else 0
        process = self._begin(attempt, at)
        moment = self._await_moment(attempt, at, process)
        if moment is None:
            self._end_of(process)
            self._too_late(attempt)
            return None
        record = {**asdict(attempt), "host": self.victim.name, "moment": moment, "journal_open": self._journals()}
        problems = self._kill(attempt, process)
        if process.returncode == 0 and attempt.way != "dropped":  # which a run may well survive
            self._too_late(attempt)
            return None
        killed = time.monotonic()
        verdict, found = self._settle(before, self.states[attempt.target])
        record |= {"verdict": verdict, "seconds": round(time.monotonic() - killed, 1), "problems": problems + found}
        if record["problems"]:
            record["words"] = self._words()
        record["problems"] += self._finish(attempt)
        return record

    def _too_late(self, attempt: Attempt) -> None:
        """Let the run have been, and learn anew what such a one is like: machines are now slow, now twice as fast."""
        del self.measured[attempt.run]
        self._finish(attempt)

    def _begin(self, attempt: Attempt, at: int) -> subprocess.Popen[bytes]:
        """Begin the run, with the order for what happens at its side effect number `at` on the host (0: nothing)."""
        how = ("late" if attempt.late else "kill") if attempt.kind == "module" else "freeze"
        self.root = Path(f"/proc/{self.victim.init}/root")
        self.victim.inside("rm", "-rf", "/run/faults")
        self._order(at, how, attempt.late)
        mark, _, value = _endings.controller_mark(self.victim).partition("=")
        component = _component(attempt.target, healthy=attempt.healthy)
        return self.victim.begin(component, "-e", f"ansible_python_interpreter={PYTHON}", **{mark: value})

    def _order(self, at: int, how: str, delay: float) -> None:
        self.victim.place("/run/faults/order", json.dumps({"at": at, "how": how, "delay": delay}))

    def _await_moment(self, attempt: Attempt, at: int, process: subprocess.Popen[bytes]) -> str | None:
        """Wait for the moment of the attempt and tell it; None when the run is over before."""
        if not attempt.exact:
            measured = self.measured[attempt.run]
            seconds = measured.begins + attempt.share * (measured.ends - measured.begins)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                return f"{seconds:.2f} s after its start"
            return None
        while process.poll() is None:
            lines = self._effects()
            if len(lines) >= at and (attempt.kind == "module" or "here" in lines):
                return " ".join(lines[at - 1].split(" ")[:1] + lines[at - 1].split(" ")[2:])
            time.sleep(0.05)
        lines = self._effects()
        return lines[at - 1] if attempt.kind == "module" and len(lines) >= at else None

    def _kill(self, attempt: Attempt, process: subprocess.Popen[bytes]) -> list[str]:
        """End the run as the attempt says; list what kept the host from coming back."""
        try:
            if not (attempt.exact and attempt.kind == "module"):  # there the hook did it
                _endings.end(self.victim, attempt.kind, attempt.way, attempt.pause)
            if attempt.exact:
                # The run may ask the host once more, and nobody would wake that process up.
                self._order(0, "freeze", 0.0)
                _endings.signal_all(_endings.running(_endings.host_mark(self.victim)), signal.SIGCONT)
        except BongsuError as error:
            return [f"the host did not come back: {error}"]
        finally:
            self._end_of(process)
        return []

    def _end_of(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the controller's end; one that waits for ever is ended."""
        try:
            process.wait(_GIVEN_UP)
        except subprocess.TimeoutExpired:
            _endings.end(self.victim, "controller", "all", 0.0)
            process.wait()

    def _settle(self, before: Snapshot, wanted: Snapshot) -> tuple[str, list[str]]:
        """Wait until the host is as before or as wanted; return which, and what is wrong when it is neither in time."""
        end = time.monotonic() + self.settled_within
        self.root = Path(f"/proc/{self.victim.init}/root")  # after a boot, its first process is another one
        while True:
            verdict, problems = "broken", ["the run's process still lives, or waits to be undone"]
            # To see an open journal costs nothing, and a snapshot seconds of a core.
            if not (_endings.running(_endings.host_mark(self.victim)) or self._journals()) or time.monotonic() > end:
                verdict, problems = judge(_snapshot.take(self.victim, LOOK), before, wanted)
            if not problems or time.monotonic() > end:
                return verdict, problems
            time.sleep(1.0)

    def _finish(self, attempt: Attempt) -> list[str]:
        """Run to the attempt's target, undisturbed, and once more; list what is wrong then."""
        component, self.now = _component(attempt.target), attempt.target
        first, second = self.victim.converge(component), self.victim.converge(component)
        problems = _complaints(first, "the next run") + _complaints(second, "the run after that")
        if any(second.changed.values()):
            problems.append(f"the run after the next still changes: {second.output[-1500:]}")
        seen = _snapshot.take(self.victim, LOOK)
        end = time.monotonic() + _SWITCH
        while seen["undoing"] and time.monotonic() < end:  # of a run that was killed while it tidied up
            time.sleep(1.0)
            seen = _snapshot.take(self.victim, LOOK)
        target = self.states[attempt.target]
        problems += [f"after the next run: {line}" for line in _snapshot.differences(target, seen, _counts)]
        problems += [f"after the next run: {line}" for line in _snapshot.leftovers(seen, target)]
        return _snapshot.short(problems + [f"after the next run: armed: {unit}" for unit in seen["undoing"]])

    def _measure(self, attempt: Attempt) -> None:
        """Let the run be, and learn what it is like."""
        started, process = time.time(), self._begin(attempt, 0)
        self._end_of(process)
        ends = time.time() - started
        stamps = [float(line.split(" ")[1]) for line in self._effects()]
        if not stamps:
            raise BongsuError(f"{self.victim.name}: this run changed nothing:\n{_victims.said(self.victim)}")
        self.measured[attempt.run] = Measured(max(stamps[0] - started - 0.3, 0.0), ends, len(stamps))
        problems = self._finish(attempt)
        if problems:
            raise BongsuError(f"{self.victim.name}: undisturbed, and not as wanted:\n" + "\n".join(problems))

    def _effects(self) -> list[str]:
        """Return the side effects that the run has told so far."""
        try:
            return (self.root / "run/faults/effects").read_text().splitlines()
        except OSError:
            return []

    def _journals(self) -> list[str]:
        """Name the components whose journals are open just now."""
        return sorted(path.parent.name for path in (self.root / "var/lib/bongsu/journal").glob("*/journal.json"))

    def _words(self) -> dict[str, str]:
        """Return what the host and the controller said, for a broken one."""
        argv = ("journalctl", "--boot", "--no-pager", "--lines=120", "--output=short-precise")
        return {
            "host": self.victim.inside(*argv, check=False).stdout,
            "controller": _victims.said(self.victim),
            "effects": "\n".join(self._effects()[-30:]),
        }


def _component(state: str, *, healthy: bool = True) -> dict[str, Any]:
    return _website.absent() if state == "bare" else _website.component(state, healthy=healthy)


def judge(seen: Snapshot, before: Snapshot, wanted: Snapshot) -> tuple[str, list[str]]:
    """Say whether a host is as before or as wanted, each of the toolkit and the component as a whole; else why not."""
    verdicts, problems = [], []
    for part in (_is_toolkit, _is_component):
        apart = {
            "before": _snapshot.differences(before, seen, part),
            "wanted": _snapshot.differences(wanted, seen, part),
        }
        fitting = [name for name, lines in apart.items() if not lines]
        verdicts.append(fitting[0] if fitting else "broken")
        if not fitting:
            problems += [f"not as {name}: {line}" for name, lines in apart.items() for line in _snapshot.short(lines)]
    problems += _snapshot.leftovers(seen, before)
    return "broken" if problems else verdicts[1], problems


def _counts(subject: str) -> bool:
    """Tell whether a path or a unit counts: not Python's caches, not what the attack itself brought."""
    return "__pycache__" not in subject


def _is_toolkit(subject: str) -> bool:
    return _counts(subject) and ("/usr/lib/bongsu" in subject or "bongsu-" in subject or subject == "bongsu")


def _is_component(subject: str) -> bool:
    return _counts(subject) and not _is_toolkit(subject)


def _complaints(run: Run, which: str) -> list[str]:
    return [] if run.status == 0 else [f"{which} failed: {run.output[-2500:]}"]
