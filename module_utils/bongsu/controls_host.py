"""Look which security controls are in effect on this host, and tell it."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import controls
from .component import store
from .effective import LOOK, TOLD
from .errors import BongsuError

_AT_ONCE = 4
DIRECTORY = Path(store.CONTROLS)
METRICS = "bongsu_controls.prom"


def main(roles: Sequence[str], *, textfile: bool, as_json: bool) -> int:
    """Tell what is not in effect, of all roles or of those named; return 1 where something is not, else 0."""
    verdicts = look(roles)
    bad = ineffective(verdicts)
    if textfile:
        export(verdicts)
    elif as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in verdicts], indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(verdicts)) + "\n")
    return 1 if bad else 0


def _lines(verdicts: Sequence[controls.Verdict]) -> list[str]:
    """Tell what is not in effect, and then what this host cannot have, which is no fault."""
    lines = [f"{name}: {words}" for name, words in ineffective(verdicts).items()]
    lines = lines or [f"{len(verdicts)} controls, each in effect, waived or not to be had here"]
    return lines + [
        f"not here: {one.control}: {'; '.join(one.words)}" for one in verdicts if one.state == "unavailable"
    ]


def look(roles: Sequence[str] = (), directory: Path | None = None, *, told: bool = True) -> list[controls.Verdict]:
    """Judge every control of the roles named, or of all, by the documents on this host; ``told`` as for ``judge``."""
    paths = [path for path in sorted((directory or DIRECTORY).glob("*.json")) if not roles or path.stem in roles]
    return judge({str(path): path.read_text(encoding="utf-8") for path in paths}, told=told)


def judge(texts: Mapping[str, str], *, told: bool = True) -> list[controls.Verdict]:
    """Judge every control of some documents, given by their paths; each daemon is asked once for all its settings.

    Without ``told``, what no run can put right is not looked at: whoever asks wants to know whether a run has to be.
    """
    documents = [_read(text, place) for place, text in texts.items()]
    kinds = LOOK if told else LOOK.keys() - TOLD
    wanted = controls.wanted((one for _, known in documents for one in known), kinds)
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # most of it is waiting for what daemons and tools say
        found = dict(zip(wanted, pool.map(_find, wanted, wanted.values()), strict=True))
    return [controls.judge(role, one, found) for role, known in documents for one in known]


def _read(text: str, place: str) -> tuple[str, list[dict[str, Any]]]:
    """Read a document; refuse a kind that nobody here can look up, which else would pass for in effect."""
    role, known = controls.read(text, place)
    for one in known:
        if strange := one.keys() - controls.NO_KINDS - LOOK.keys():
            raise BongsuError(
                f"{place}: {one['id']} has settings that cannot be looked up here ({', '.join(sorted(strange))}); "
                "provision the host again"
            )
    return role, known


def ineffective(verdicts: Iterable[controls.Verdict]) -> dict[str, str]:
    """Tell of each control that is not in effect what is wrong."""
    return {one.control: "; ".join(one.words) for one in verdicts if one.state == "ineffective"}


def _find(kind: str, names: Collection[str]) -> controls.Found:
    """Look up settings; where nobody tells them, that is said of each, and of no other kind."""
    try:
        return LOOK[kind](names)
    except (BongsuError, OSError) as error:
        return dict.fromkeys((name.lower() for name in names), controls.Unknown(str(error)))


def export(verdicts: Sequence[controls.Verdict]) -> None:
    """Write the metrics where node_exporter reads them, if it does; take them away where no role has controls."""
    store.export(METRICS, controls.metrics(verdicts) if verdicts else None)
