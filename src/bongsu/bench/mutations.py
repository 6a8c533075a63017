"""Ways to spoil one thing that bongsu placed on a host, as somebody or something does sooner or later. Pure.

Each is a shell script for the host, made of what the host's manifests name, with what `drift` must say about it.
"""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Mutation:
    """One resource spoiled in one way; `healed` is a script that succeeds only once the harm is undone."""

    way: str
    component: str
    resource: str
    what: str
    script: str
    healed: str = "true"


# name of the way -> (what drift says, script); {} stands for the path
_FILE_WAYS = {
    "appended": ("content", "printf '\\n# by hand\\n' >>{}"),
    "replaced": ("content", "echo by hand >{}"),
    "emptied": ("content", ": >{}"),
    "given away": ("owner", "chown nobody {}"),
    "of another group": ("group", "chgrp nogroup {}"),
    "of another mode": ("mode", "chmod 0601 {}"),
    "deleted": ("missing", "rm {}"),
    "moved and linked": ("kind", "mv {} /root/moved && ln -s /root/moved {}"),
    "linked to nothing": ("kind", "ln -sf /dev/null {}"),
    "made a directory": ("kind", "rm {} && mkdir {}"),
}
_DIRECTORY_WAYS = {
    "directory given away": ("owner", "chown nobody {}"),
    "directory of another group": ("group", "chgrp nogroup {}"),
    "directory of another mode": ("mode", "chmod 0711 {}"),
}
_PACKAGE_WAYS = {
    "purged": ("package_absent", "dpkg --purge --force-depends {}"),
    "downgraded": (
        "package_version",
        "set -e; dir=$(mktemp -d); cd $dir; apt-get -qq download {}; dpkg-deb --raw-extract *.deb tree; "
        "sed -i 's/^Version: .*/&~/' tree/DEBIAN/control; dpkg-deb -Znone --build tree older.deb; "
        "dpkg --install --force-depends --force-downgrade --force-confold older.deb; rm -r $dir",
    ),
}
_MASKS = {
    "masked": "systemctl mask {}",
    "masked and stopped": "systemctl mask --now {}",
    "masked until reboot": "systemctl mask --runtime {}",
}
# Nobody repairs from afar what nobody can log in to: what would end these is left out, all else is done to them, too.
# Without journald the socket that sshd and PAM log to stays open and fills up, and who logs in waits there for ever.
_WAY_IN = frozenset({"ssh.service", "openssh-server", "systemd-journald.service"})
_EMPTY = hashlib.sha256(b"").hexdigest()
_HIJACK = "[Service]\\nExecStart=\\nExecStart=/bin/sleep infinity\\n"
_DESCRIBE = "[Unit]\\nDescription=by hand\\n"


def possible(manifests: Iterable[Manifest]) -> dict[str, list[Mutation]]:
    """Return everything that can be done to a host with these manifests, by the name of the way."""
    manifests = list(manifests)
    placed = {file["dest"] for manifest in manifests for file in manifest["files"]}
    found: dict[str, list[Mutation]] = {}
    for manifest in manifests:
        for mutation in (*_files(manifest), *_packages(manifest), *_units(manifest, placed)):
            found.setdefault(mutation.way, []).append(mutation)
    return found


class Deck:
    """Deals mutations: every way comes up once before any comes up again, on a resource drawn by chance."""

    def __init__(self, chance: random.Random, hosts: Mapping[str, Mapping[str, list[Mutation]]]) -> None:
        """Take what is possible on each host."""
        self._chance = chance
        self._hosts = hosts
        self._ways: list[str] = []

    def deal(self, host: str) -> Mutation:
        """Return the next mutation for a host."""
        has = self._hosts[host]
        if not any(way in has for way in self._ways):
            fresh = sorted({way for ways in self._hosts.values() for way in ways})
            self._chance.shuffle(fresh)
            self._ways += fresh
        way = next(way for way in self._ways if way in has)
        self._ways.remove(way)
        return self._chance.choice(has[way])


def _files(manifest: Manifest) -> Iterator[Mutation]:
    name = manifest["component"]
    started = {unit["name"] for unit in manifest["units"] if unit["started"]}
    for file in manifest["files"]:
        path = file["dest"]
        ways = {"file": _FILE_WAYS, "directory": _DIRECTORY_WAYS}.get(file["state"], {})
        for way, (what, script) in ways.items():
            if (way != "emptied" or file["sha256"] != _EMPTY) and not _spared(file, what, way):
                yield Mutation(way, name, path, what, script.replace("{}", shlex.quote(path)))
        readers = started & set(file["units"]) if file["on_change"] != "none" and file["state"] == "file" else set()
        for unit in sorted(readers):
            quoted = shlex.quote(path)
            edit = f"cp -p {quoted} /root/kept && printf '\\n# by hand\\n' >>{quoted}"
            restart = f"systemctl daemon-reload; systemctl restart {unit}"
            back = f"sleep 1; cat /root/kept >{quoted}"
            yield Mutation("changed, unit restarted", name, path, "content", f"{edit}; {restart}")
            yield Mutation("changed, restarted, changed back", name, unit, "unread", f"{edit}; {restart}; {back}")


def _spared(file: Mapping[str, Any], what: str, way: str) -> bool:
    """Tell whether something is no drift in a file of others that is only edited, or would close the way in."""
    if "edit" not in file:
        return False
    empty = what == "content" and not any(file["edit"].get("settings", {}).get("values", {}))
    others = what in ("owner", "group") or way == "appended" or (what == "mode" and file["mode"] is None)
    return empty or others or file["dest"].startswith("/etc/pam.d/")


def _packages(manifest: Manifest) -> Iterator[Mutation]:
    for package in manifest["packages"]:
        for way, (what, script) in _PACKAGE_WAYS.items():
            if package["name"] in _WAY_IN and way == "purged":
                continue
            yield Mutation(way, manifest["component"], package["name"], what, script.replace("{}", package["name"]))


def _units(manifest: Manifest, placed: set[str]) -> Iterator[Mutation]:
    name = manifest["component"]
    for wanted in manifest["units"]:
        unit, whole = wanted["name"], f"/etc/systemd/system/{wanted['name']}"
        if wanted["enabled"]:
            yield Mutation("disabled", name, unit, "unit_disabled", f"systemctl disable {unit}")
        yield from _drop_ins(name, wanted)
        if unit in _WAY_IN:
            continue
        if wanted["started"]:
            yield Mutation("stopped", name, unit, "unit_stopped", f"systemctl stop {unit}")
        if not wanted["masked"] and whole not in placed:  # systemctl refuses to mask what is defined in /etc
            for way, script in _MASKS.items():
                yield Mutation(way, name, unit, "unit_masked", script.replace("{}", unit))
        if wanted["started"] and unit.endswith(".service") and whole not in placed:
            copy = f"sed 's|^ExecStart=.*|ExecStart=/bin/sleep infinity|' $(systemctl show -P FragmentPath {unit})"
            roots = {"": "/etc", " until reboot": "/run", " beside programs": "/usr/local/lib"}
            for when, root in roots.items():
                way, path = f"redefined{when}", f"{root}/systemd/system/{unit}"
                script = f"{copy} >/root/unit && mkdir -p {path.rpartition('/')[0]} && mv /root/unit {path}"
                yield Mutation(way, name, path, "dropin", f"{script}; {_loaded(unit)}", _not_hijacked(unit))


def _drop_ins(component: str, wanted: Mapping[str, Any]) -> Iterator[Mutation]:
    unit = wanted["name"]
    daemon = wanted["started"] and unit.endswith(".service") and unit not in _WAY_IN
    text, load = (_HIJACK, _loaded(unit)) if daemon else (_DESCRIBE, "systemctl daemon-reload")
    ways = {
        "overridden": ("/etc", load),
        "overridden until reboot": ("/run", load),
        "overridden, not loaded": ("/etc", ":"),
        "overridden beside programs": ("/usr/local/lib", load),
    }
    for way, (root, then) in ways.items():
        path = f"{root}/systemd/system/{unit}.d/zz-by-hand.conf"
        script = f"mkdir -p {root}/systemd/system/{unit}.d && printf '{text}' >{path}; {then}"
        yield Mutation(way, component, path, "dropin", script, _not_hijacked(unit) if daemon else "true")
    if daemon:
        for way, option, root in (("limited", "", "/etc"), ("limited until reboot", "--runtime", "/run")):
            path = f"{root}/systemd/system.control/{unit}.d/50-TasksMax.conf"
            yield Mutation(way, component, path, "dropin", f"systemctl set-property {option} {unit} TasksMax=400")


def _loaded(unit: str) -> str:
    """Return a script that restarts a unit; one that is to end by itself would now never do so."""
    return f"systemctl daemon-reload; timeout 15 systemctl restart {unit}"


def _not_hijacked(unit: str) -> str:
    """Return a script that succeeds when the unit's process is not the one that took its place."""
    return f'test "$(cat /proc/$(systemctl show -P MainPID {unit})/comm)" != sleep'
