#!/usr/bin/env python3
"""systemctl, systemd-run and journalctl for tests, on units that live in one JSON file named by FAKE_SYSTEMD.

A daemon refuses a configuration that says "broken". A unit with a ``fragment`` is known as long as that file is there.
It is a program and a module: started hundreds of times, it loads little.
"""

import json
import os
import sys
import time

BLANK = {"load": "loaded", "active": "inactive", "file": "disabled", "invocation": "", "started": "", "config": ""}
ONCE = {"start", "restart", "reload", "reload-or-restart"}


def main(words):
    """Return the exit status and the text of one command."""
    program, *words = words
    if program == "journalctl":
        return 0, "words of the journal"
    units = json.loads(read(os.environ["FAKE_SYSTEMD"]))
    if program == "systemd-run":
        return arm(words)
    verb, *names = [word for word in words if not word.startswith("--")]
    if verb == "show":
        return 0, "\n\n".join(show(units.get(name)) for name in names) + "\n"
    options = [word for word in words if word in ("--runtime",)]
    write(beside(".log"), " ".join([verb, *options, *names]) + "\n", "a")
    if names and "*" in names[0]:
        return disarm(names[0].partition("*")[0])
    for name in names:
        unit = units.get(name, {**BLANK, "load": "not-found"})
        complaint = change(verb, name, unit, options)
        if complaint:  # what nobody knows stays unknown
            write(os.environ["FAKE_SYSTEMD"], json.dumps(units), "w")
            return complaint
        units[name] = unit
    write(os.environ["FAKE_SYSTEMD"], json.dumps(units), "w")
    return 0, ""


def change(verb, name, unit, options):
    """Do one verb to one unit; return the exit status and the words of a refusal."""
    masked = unit["file"].startswith("masked")
    if verb in ONCE:
        if masked or not known(unit):
            return 5, f"Failed to {verb} {name}: Unit {name} {'is masked' if masked else 'not found'}."
        if "broken" in read(unit["config"]):
            unit["active"] = unit["active"] if verb == "reload-or-restart" else "failed"
            return 1, f"Job for {name} failed."
        if verb != "reload-or-restart" or unit["active"] != "active":
            unit.update(active="active", invocation=f"{time.time_ns():032x}", started=now())
    elif verb == "reset-failed":
        if not known(unit) and unit["active"] != "failed":
            return 1, f"Failed to reset failed state of unit {name}: Unit {name} not loaded."
        unit["active"] = "inactive" if unit["active"] == "failed" else unit["active"]
    elif verb == "stop":
        if not known(unit) and unit["active"] != "active":
            return 5, f"Failed to stop {name}: Unit {name} not loaded."
        unit["active"] = "failed" if unit["active"] == "failed" else "inactive"
    elif verb == "mask" and not masked:
        unit.update(file="masked-runtime" if options else "masked", unmasked=unit["file"])
    elif verb == "unmask":
        if unit["file"] == ("masked-runtime" if options else "masked"):
            unit["file"] = unit.pop("unmasked", "disabled")
    elif verb in ("enable", "disable"):
        if masked or not known(unit):
            return 1, f"Failed to {verb} unit: Unit file {name} {'is masked' if masked else 'does not exist'}."
        unit["file"] = f"{verb}d"
    return None


def known(unit):
    return os.path.exists(unit["fragment"]) if unit.get("fragment") else unit["load"] == "loaded"


def show(unit):
    unit = unit or {**BLANK, "load": "not-found"}
    masked = unit["file"].startswith("masked")
    return "\n".join(
        (
            f"LoadState={'masked' if masked else 'loaded' if known(unit) else 'not-found'}",
            f"ActiveState={unit['active']}",
            f"UnitFileState={unit['file'] if masked or known(unit) else ''}",
            f"FragmentPath={unit.get('fragment', '')}",
            f"InvocationID={unit['invocation']}",
            f"NeedDaemonReload={unit.get('stale', 'no')}",
            f"ExecMainStartTimestamp={unit['started']}",
            f"ActiveEnterTimestamp={unit['started']}",
        )
    )


def arm(words):
    name = next(word.removeprefix("--unit=") for word in words if word.startswith("--unit="))
    command = [word for word in words if not word.startswith("--")]
    write(beside(".timers"), json.dumps({**timers(), name: command}), "w")
    return 0, ""


def disarm(prefix):
    write(beside(".timers"), json.dumps({n: c for n, c in timers().items() if not n.startswith(prefix)}), "w")
    return 0, ""


def timers():
    return json.loads(read(beside(".timers")) or "{}")


def beside(ending):
    return os.environ["FAKE_SYSTEMD"].replace(".json", ending)


def now():
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return time.strftime(f"%a %Y-%m-%d %H:%M:%S.{nanoseconds // 1000:06d} UTC", time.gmtime(seconds))


def read(path):
    if not os.path.isfile(path):
        return ""
    with open(path) as stream:
        return stream.read()


def write(path, text, mode):
    with open(path, mode) as stream:
        stream.write(text)


if __name__ == "__main__":
    status, said = main([os.path.basename(sys.argv[0]), *sys.argv[1:]])
    sys.stdout.write(said)
    sys.exit(status)
