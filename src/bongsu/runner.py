"""Runs one playbook through ansible-runner and returns what became of each host."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bongsu import events, paths
from bongsu.events import Event, HostResult, RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Event", "HostResult", "RunResult", "run_playbook"]

KEPT_RUNS = 20
# ansible-runner records the environment it is given, so it gets only what Ansible and ssh need: a token that
# the operator's shell happens to hold never reaches an artifact. A secret of an inventory belongs in its vault.
_KEPT = {"HOME", "LANG", "LOGNAME", "PATH", "SHELL", "SSH_AUTH_SOCK", "TERM", "TMPDIR", "TZ", "USER"}
_KEPT_PREFIXES = ("ANSIBLE_", "LC_", "XDG_")
_SECRET_WORDS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN")
_STOP_SECONDS = 15.0  # how long a run may take to stop by itself after Ctrl-C


def run_playbook(
    playbook: str,
    inventories: Sequence[Path],
    *,
    limit: str | None = None,
    check: bool = False,
    diff: bool = False,
    extra_vars: Mapping[str, Any] | None = None,
    on_event: Callable[[Event], None] | None = None,
    env: Mapping[str, str] | None = None,
    vault_password_file: Path | None = None,
    verbosity: int = 0,
    runs: Path | None = None,
) -> RunResult:
    """Run the project's `playbooks/<playbook>` over the inventories; `on_event` hears of everything at once.

    Artifacts (Ansible's output, events.jsonl, result.json) go below `runs`, by default in the state directory,
    mode 0700; the last 20 runs are kept. `env` adds to Ansible's environment and must hold no secrets.
    """
    from ansible_runner import interface  # slow to load, and not wanted by --help

    root = paths.project_root()
    run_dir = _new_run_dir(runs or paths.state_dir() / "runs", Path(playbook).stem)
    arguments = ["--check"] * check + ["--diff"] * diff + ["-" + "v" * verbosity] * (verbosity > 0)
    result = RunResult(artifacts=str(run_dir))
    began = time.monotonic()
    with (
        _Interrupt() as interrupt,
        _extra_vars_file(extra_vars) as extra,
        (run_dir / "events.jsonl").open("w") as log,
    ):

        def handle(raw: dict[str, Any]) -> bool:
            interrupt.pid = raw.get("pid") or interrupt.pid
            event = events.parse(raw)
            if event is not None:
                events.fold(result, event)
                log.write(_log_line(event))
                if on_event is not None:
                    on_event(event)
            return False  # not kept as a file of its own: those hold module arguments

        outcome = interface.run(
            private_data_dir=str(run_dir),
            artifact_dir=str(run_dir),
            ident="ansible",
            project_dir=str(root),
            playbook=str(root / "playbooks" / playbook),
            inventory=[str(path.resolve()) for path in inventories],
            cmdline=shlex.join([*arguments, *extra]) or None,
            limit=limit,
            envvars=_environment(root, env or {}, vault_password_file),
            settings={"pexpect_timeout": 1, "suppress_ansible_output": True},
            fact_cache_type="memory",
            event_handler=handle,
            cancel_callback=interrupt.give_up,
        )
    result.seconds = time.monotonic() - began
    events.conclude(result, int(outcome.rc or 0), interrupted=interrupt.asked_at is not None)
    if result.status != "ok" and not result.errors and not any(host.failed for host in result.hosts.values()):
        result.errors.extend(_last_lines(run_dir / "ansible" / "stdout"))
    (run_dir / "result.json").write_text(json.dumps(result.document(), indent=2) + "\n")
    return result


def ansible_environment(root: Path) -> dict[str, str]:
    """Return what every run of ours gets: our ansible.cfg, this venv's commands, host keys checked."""
    scripts = str(Path(sys.executable).parent)
    callbacks = [str(root / "plugins" / "callback"), os.environ.get("ANSIBLE_CALLBACK_PLUGINS", "")]
    return {
        "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
        # ansible-runner adds its own to this variable, which goes before what ansible.cfg says.
        "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(filter(None, callbacks)),
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner turns it off where it is not named
        "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]),
    }


def _environment(root: Path, more: Mapping[str, str], vault_password_file: Path | None) -> dict[str, str]:
    """Return the environment that the run adds to the kept part of the operator's."""
    added = {**ansible_environment(root), "ANSIBLE_NOCOLOR": "1", **more}
    if vault_password_file is not None:
        added["ANSIBLE_VAULT_PASSWORD_FILE"] = str(vault_password_file.resolve())
    return added


def kept_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of the operator's environment that a run gets, and that its artifacts may name."""
    return {
        name: value
        for name, value in environment.items()
        if (name in _KEPT or name.startswith(_KEPT_PREFIXES))
        and (name.endswith("_FILE") or not any(word in name for word in _SECRET_WORDS))
    }


class _Interrupt:
    """Turns Ctrl-C and SIGTERM into one SIGINT for ansible-playbook, which then ends its own tasks.

    While active, the process's environment is the kept part alone: ansible-runner starts from all of it.
    """

    def __init__(self) -> None:
        self.pid = 0
        self.asked_at: float | None = None
        self._sent = False
        self._environment: dict[str, str] = {}
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._environment = dict(os.environ)
        os.environ.clear()
        os.environ.update(kept_environment(self._environment))
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.clear()
        os.environ.update(self._environment)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked_at = self.asked_at or time.monotonic()

    def give_up(self) -> bool:
        """Pass the request on, once; return True (kill it) when it is not heeded in time."""
        if self.asked_at is None:
            return False
        if not self._sent and self.pid:
            self._sent = True
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)
        return not self.pid or time.monotonic() - self.asked_at > _STOP_SECONDS


@contextmanager
def _extra_vars_file(extra_vars: Mapping[str, Any] | None) -> Iterator[list[str]]:
    """Give arguments that pass the variables by a file, gone afterwards: the command line is recorded."""
    if not extra_vars:
        yield []
        return
    with tempfile.NamedTemporaryFile("w", prefix="bongsu-", suffix=".json") as file:  # made with mode 0600
        json.dump(dict(extra_vars), file)
        file.flush()
        yield ["-e", f"@{file.name}"]


def _new_run_dir(runs: Path, name: str) -> Path:
    """Make this run's directory and drop the oldest past the number kept."""
    runs.mkdir(mode=0o700, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    run_dir = runs / f"{stamp}-{name}"
    run_dir.mkdir(mode=0o700)
    for old in sorted(path for path in runs.iterdir() if path.is_dir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return run_dir


def _log_line(event: Event) -> str:
    """Return the event as a line of events.jsonl: what happened, never the result with its contents."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line: dict[str, Any] = {"at": now, "kind": event.kind, "host": event.host, "task": event.task}
    line |= {"path": event.path, "changed": event.changed, "seconds": event.seconds, "message": event.message}
    return json.dumps({key: value for key, value in line.items() if value}) + "\n"


def _last_lines(path: Path, count: int = 20) -> list[str]:
    """Return the end of Ansible's own output, for a run that failed without any event to say why."""
    if not path.is_file():
        return []
    text = "\n".join(path.read_text(errors="replace").splitlines()[-count:]).strip()
    return [text] if text else []
