"""The findings as lines for a person, and as metrics. Pure."""

from __future__ import annotations

import datetime as dt

from .aide import KINDS
from .kept import Made, Seen

MOST_SERIES = 20  # paths by name in the metrics; all are on the host


def lines(made: Made | None, seen: Seen | None) -> list[str]:
    """Tell each finding, and what to do about it."""
    if made is None or seen is None:
        return ["no database yet; it is made in the background: journalctl -u aidecheck.service"]
    told = [f"{one.kind}: {_shown(one.path)}{f' ({one.words})' if one.words else ''}" for one in seen.findings]
    if told:
        told += [
            "If each of them was you or yours: bongsu integrity accept (or accept PATH…). Otherwise touch nothing; "
            "docs/runbooks/FileIntegrityFindings.md"
        ]
    else:
        told = [f"nothing has changed since {_day(made.at)} that is not explained"]
    accepted = len(seen.accepted)
    told.append(
        f"looked {_day(seen.at)}; {len(seen.known) - accepted} differences explained by packages or bongsu, "
        f"{accepted} accepted"
    )
    if seen.waiting:
        told.append("the rules have changed; they come into force at a look that finds nothing")
    return told


def metrics(made: Made, seen: Seen, digest: str) -> bytes:
    """Write the text exposition format; ``digest`` is the database's."""
    counts = {kind: sum(one.kind == kind for one in seen.findings) for kind in KINDS}
    accepted = len(seen.accepted)
    by_name = [f'{{path="{_label(one.path)}",kind="{one.kind}"}} 1' for one in seen.findings[:MOST_SERIES]]
    series = {
        ("findings", "Files that differ from AIDE's database, and that nobody answers for."): [
            f'{{kind="{kind}"}} {count}' for kind, count in counts.items()
        ],
        ("finding", f"The first {MOST_SERIES} of them by name."): by_name,
        ("explained", "Differences that the operator has accepted, or that packages or bongsu answer for."): [
            f'{{by="operator"}} {accepted}',
            f'{{by="itself"}} {len(seen.known) - accepted}',
        ],
        ("last_look_timestamp_seconds", "When the host was last compared."): [f" {seen.at:.0f}"],
        ("database_timestamp_seconds", "When the database was made."): [f" {made.at:.0f}"],
        ("database_info", "The SHA-256 of the database."): [f'{{sha256="{digest}"}} 1'],
    }
    told = []
    for (name, text), values in series.items():
        whole = f"bongsu_file_integrity_{name}"
        told += [f"# HELP {whole} {text}", f"# TYPE {whole} gauge", *(f"{whole}{value}" for value in values)]
    return ("\n".join(told) + "\n").encode()


def _shown(path: str) -> str:
    """Write a path so that it cannot write over what stands beside it on a terminal."""
    clean = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in clean)


def _label(path: str) -> str:
    return _shown(path).replace("\\", r"\\").replace('"', r"\"")


def _day(when: float) -> str:
    return dt.datetime.fromtimestamp(when, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
