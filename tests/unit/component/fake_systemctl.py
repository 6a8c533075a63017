#!/usr/bin/env python3
"""A systemctl for tests: units live in one JSON file, and a daemon refuses a configuration that says "broken".

It is started hundreds of times: it loads little, so as to start fast.
"""

import json
import os
import sys
import time

STATE = os.environ["FAKE_SYSTEMD"]
BLANK = {"load": "loaded", "active": "inactive", "file": "disabled", "invocation": "", "started": "", "config": ""}


def main() -> int:
    units = json.loads(read(STATE))
    verb, *rest = sys.argv[1:]
    names = [word for word in rest if not word.startswith("--")]
    if verb == "show":
        sys.stdout.write("\n\n".join(show(units.get(name)) for name in names) + "\n")
        return 0
    write(STATE.replace(".json", ".log"), " ".join([verb, *names]) + "\n", "a")
    for name in names:
        unit = units.setdefault(name, dict(BLANK))
        if verb in ("restart", "start", "reload-or-restart", "reload"):
            if "broken" in read(unit["config"]):
                sys.stderr.write(f"Job for {name} failed.\n")
                return 1
            if verb != "reload-or-restart" or unit["active"] != "active":
                unit.update(active="active", invocation=f"{time.time_ns():032x}", started=now())
        elif verb == "stop":
            unit["active"] = "inactive"
        elif verb in ("enable", "disable", "mask", "unmask"):
            unit["file"] = {"enable": "enabled", "mask": "masked"}.get(verb, "disabled")
    write(STATE, json.dumps(units), "w")
    return 0


def show(unit: dict[str, str] | None) -> str:
    unit = unit or {**BLANK, "load": "not-found"}
    return "\n".join(
        (
            f"LoadState={unit['load']}",
            f"ActiveState={unit['active']}",
            f"UnitFileState={unit['file']}",
            f"InvocationID={unit['invocation']}",
            "NeedDaemonReload=no",
            f"ExecMainStartTimestamp={unit['started']}",
            f"ActiveEnterTimestamp={unit['started']}",
        )
    )


def now() -> str:
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return time.strftime(f"%a %Y-%m-%d %H:%M:%S.{nanoseconds // 1000:06d} UTC", time.gmtime(seconds))


def read(path: str) -> str:
    if not os.path.exists(path):
        return ""
    with open(path) as stream:
        return stream.read()


def write(path: str, text: str, mode: str) -> None:
    with open(path, mode) as stream:
        stream.write(text)


sys.exit(main())
