"""Whether the kernel would load a module: ``off`` or ``on``, as modprobe itself decides it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .. import host
from ..controls import Found, Unavailable
from ..errors import BongsuError

MODULES = Path("/sys/module")  # those in the kernel now; one that can be taken out again has the file initstate
_NOTHING = ("false", "true")  # programs that load nothing


def look(names: Collection[str]) -> Found:
    """Ask modprobe what it would do for each; one that is in the kernel already is told, and takes a boot to go."""
    told = _ask("--all", *names).text.splitlines()  # one by one, they take ten times as long
    none = len(told) == len(names) and all(map(_loads_nothing, told))  # of one that is there already, nothing is said
    return {name.lower(): _look(name, "off" if none else _would(name)) for name in names}


def _would(name: str) -> str:
    output = _ask(name)
    return read(output.status, output.text)


def _ask(*arguments: str) -> host.Output:
    output = host.run(["modprobe", "--dry-run", "--verbose", *arguments])
    if output.status == 127:
        raise BongsuError(output.text)
    return output


def _look(name: str, would: str) -> list[str] | Unavailable:
    there = MODULES / name.replace("-", "_")
    if would == "on" or not there.is_dir():
        return [would]
    if (there / "initstate").exists():
        return Unavailable("is loaded already, and goes at the next boot")
    return Unavailable("is a part of this kernel")


def read(status: int, text: str) -> str:
    """Read what ``modprobe --dry-run --verbose`` says: the last line is about the module itself."""
    last = text.splitlines()[-1] if text else ""
    if status != 0:
        return "off" if "not found" in text else "on"  # what cannot be judged is not called safe
    return "off" if _loads_nothing(last) else "on"


def _loads_nothing(line: str) -> bool:
    words = line.split()
    runs = words[1] if words[:1] == ["install"] and words[1:] else ""
    return runs.rpartition("/")[2] in _NOTHING or "not found" in line
