"""Runs that are killed: what each starts from, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from managed_host import Host

Result = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """``prepare`` makes a host; ``act`` changes it, and calls ``before`` in the module's process first.

    One that ``fails`` ends badly, and everything is put back.
    """

    prepare: Callable[[Host], None]
    act: Callable[..., Result]
    fails: bool = False


def _files(host: Host, content: str) -> list[dict[str, Any]]:
    directory = host.root / "etc/daemon"
    return [
        host.file(directory, state="directory", mode="0750"),
        host.file(directory / "more.conf", content=content, mode="0600"),
        host.file(content=content),
        host.file(host.root / "etc/systemd/system/daemon.service", content="[Service]\n", on_change="restart"),
    ]


def _unit_of_ours(host: Host) -> None:
    """The unit is known as long as its file, which the component places, is there."""
    host.set_unit(fragment=str(host.root / "etc/systemd/system/daemon.service"))


def _create(host: Host, **how: Any) -> Result:
    return host.converge(*_files(host, "new\n"), **how)


def _running(host: Host) -> None:
    _unit_of_ours(host)
    host.config.write_text("of the host\n")
    (host.root / "etc/dropped.conf").write_text("of the host\n")
    done = host.converge(*_files(host, "old\n"), host.file(host.root / "etc/dropped.conf", content="ours\n"))
    assert "failed" not in done, done


def _displaced(host: Host) -> None:
    """A running component, and what others have since put in the places of its files."""
    _running(host)
    (host.root / "etc/daemon/more.conf").unlink()
    (host.root / "etc/daemon/more.conf").mkdir()
    (host.root / "etc/daemon/more.conf/theirs").write_text("theirs\n")
    host.config.unlink()
    host.config.symlink_to("/dev/null")
    (host.root / "etc/systemd/system/daemon.service.d").mkdir()
    (host.root / "etc/systemd/system/daemon.service.d/theirs.conf").write_text("[Service]\n")


def _masked(host: Host) -> None:
    host.set_unit(file="masked-runtime", unmasked="disabled")


def _packages(host: Host) -> None:
    """An old version of one package, a remnant of another, one that is held, and nothing of the fourth."""
    conffile = host.root / "etc/daemon.conf"
    conffile.write_text("of a time before\n")
    available = {
        "daemon": {
            "1.0": {"depends": ["lib"], "units": ["daemon.service"], "conffiles": {str(conffile): "as packaged\n"}},
        },
        "lib": {"1.0": {"conffiles": {str(host.root / "etc/lib.d/lib.conf"): "as packaged\n"}}},
        "tool": {"1.0": {}, "2.0": {"depends": ["lib"]}},
        "pinned": {"1.0": {}, "2.0": {}},
    }
    installed = {
        "daemon": {"version": "1.0", "state": "config-files"},
        "tool": {"version": "1.0", "state": "installed"},
        "pinned": {"version": "2.0", "state": "installed"},
    }
    host.apt(available=available, installed=installed)
    host.set_unit(load="not-found")
    host.policy.write_text("#!/bin/sh\nexit 0\n")


def _install(host: Host, **how: Any) -> Result:
    """Of the files, one was there before, and one comes with a package, to a directory that goes with it."""
    ours = [host.file(content="new\n"), host.file(host.root / "etc/lib.d/lib.conf", content="ours\n")]
    return host.converge(*ours, packages=["daemon", "tool=2.0", "pinned=1.0"], **how)


def _install_broken(host: Host, **how: Any) -> Result:
    return _install(host, health=[{"tcp": {"port": 1}}], deadline=0.01, **how)


def _installed(host: Host) -> None:
    _packages(host)
    (host.root / "etc/link").symlink_to("/nowhere")
    assert "failed" not in _placed(host)
    other = host.converge(
        host.file(host.root / "etc/shared", state="directory"),
        packages=["pinned=1.0"],
        name="other",
        units=[],
    )
    assert "failed" not in other


def _placed(host: Host, **how: Any) -> Result:
    return host.converge(
        host.file(content="new\n"),
        host.file(host.root / "etc/shared", state="directory"),
        host.file(host.root / "etc/own", state="directory"),
        host.file(host.root / "etc/own/file", content="new\n"),
        host.file(host.root / "etc/link", state="absent"),
        packages=["daemon", "tool=2.0", "pinned=1.0"],
        **how,
    )


def _full(host: Host) -> None:
    """Things of the host's own at some of the places that the component takes, and two units of different kinds."""
    _unit_of_ours(host)
    running = {"active": "active", "file": "disabled", "invocation": "i", "started": "Mon 2026-11-23 12:00:00 UTC"}
    host.set_unit("theirs.service", **running, config=str(host.root / "etc/theirs.conf"))
    (host.root / "etc/theirs").mkdir(mode=0o711)
    (host.root / "etc/gone.conf").write_text("of the host\n")
    done = host.converge(
        *_files(host, "old\n"),
        host.file(host.root / "etc/theirs", state="directory"),
        host.file(host.root / "etc/gone.conf", state="absent"),
        units=[{"name": "daemon.service"}, {"name": "theirs.service", "masked": True}],
    )
    assert "failed" not in done, done


def _let_go(host: Host, **how: Any) -> Result:
    return host.converge(host.file(content="new\n"), units=[], **how)


def _theirs(host: Host) -> None:
    """Files of others; one of them was edited before, and asked for something else."""
    (host.root / "etc/login.defs").write_text("UMASK 022\nOTHER yes\n")
    (host.root / "etc/crontab").write_text("theirs\n")
    done = host.converge(_edit_of(host, "etc/login.defs", UMASK="077", LIMIT=3), units=[])
    assert "failed" not in done, done


def _edit_of(host: Host, path: str, **values: Any) -> dict[str, Any]:
    return {"dest": str(host.root / path), "edit": {"settings": {"values": values}}}


def _edit(host: Host, **how: Any) -> Result:
    crontab = {"dest": str(host.root / "etc/crontab"), "edit": {"nothing": {}}, "mode": "0600"}
    edits = [_edit_of(host, "etc/login.defs", UMASK="027"), _edit_of(host, "etc/new.conf", deny=5), crontab]
    return host.converge(*edits, units=[], **how)


def _edited(host: Host) -> None:
    _theirs(host)
    assert "failed" not in _edit(host)
    defs = host.root / "etc/login.defs"
    defs.write_text(f"{defs.read_text()}LATER 1\n")


def _taken(host: Host) -> None:
    """A daemon of the host, and one that cannot be beside it."""
    host.apt(
        available={
            "daemon": {"1.0": {"conflicts": ["theirs"], "units": ["daemon.service"]}},
            "theirs": {"1.0": {"units": ["theirs.service"]}},
        },
        installed={"theirs": {"version": "1.0", "state": "installed"}},
    )
    host.set_unit(load="not-found")
    host.set_unit("theirs.service", load="loaded", active="active", file="enabled")


def _take(host: Host, **how: Any) -> Result:
    return host.converge(host.file(content="new\n"), packages=["daemon"], replaces=["theirs"], **how)


def _take_broken(host: Host, **how: Any) -> Result:
    return _take(host, health=[{"tcp": {"port": 1}}], deadline=0.01, **how)


def _has_taken(host: Host) -> None:
    _taken(host)
    assert "failed" not in _take(host)


SCENARIOS = {
    "files are created and a unit is started": Scenario(_unit_of_ours, _create),
    "files of a running unit are replaced, and one is dropped": Scenario(_running, _create),
    "things of others are moved away": Scenario(_displaced, _create),
    "a unit is unmasked": Scenario(_masked, lambda host, **how: host.converge(host.file(content="new\n"), **how)),
    "packages come, one in another version": Scenario(_packages, _install),
    "packages come, and the health is bad": Scenario(_packages, _install_broken, fails=True),
    "a daemon refuses its new files": Scenario(
        _running, lambda host, **how: host.converge(*_files(host, "broken\n"), **how), fails=True
    ),
    "directories, units and what was absent are given back": Scenario(_full, _let_go),
    "files of others are edited": Scenario(_theirs, _edit),
    "edits of files of others are undone": Scenario(_edited, lambda host, **how: host.remove(**how)),
    "a package takes another's place": Scenario(_taken, _take),
    "a package takes another's place, and the health is bad": Scenario(_taken, _take_broken, fails=True),
    "a package gives another's place back": Scenario(_has_taken, lambda host, **how: host.remove(**how)),
    "a component is removed": Scenario(_installed, lambda host, **how: host.remove(**how)),
}
TOOLKIT = {
    "the first component brings the toolkit": Scenario(_unit_of_ours, _create),
    "the last component takes it along": Scenario(_running, lambda host, **how: host.remove(**how)),
}
