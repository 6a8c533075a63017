"""The verb of the host's tool, and the answer to a controller."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from dataclasses import asdict
from typing import Any

from ..component import store
from ..errors import BongsuError
from . import kept, look, told

METRICS = f"bongsu_{kept.COMPONENT}.prom"  # goes with the component


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("action", nargs="?", choices=["show", "look", "accept"], default="show")
    parser.add_argument("path", nargs="*", help="accept only what is found at or below these")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Show what the last look found, look now, or accept what was found; return 1 where something is, else 0."""
    if not kept.CONFIG.exists():
        raise BongsuError("this host is not told to look after its files (role file_integrity)")
    if options.path and options.action != "accept":
        raise BongsuError(f"'{options.action}' takes no paths; 'accept' does")
    fresh: list[kept.Finding] = []
    if options.action != "show":
        with look.alone():
            fresh = look.accept(options.path)[1] if options.action == "accept" else []
            if options.action == "look":
                look.look()
    made, seen = kept.made(), kept.seen()
    if made and seen and options.action != "show":
        store.export(METRICS, told.metrics(made, seen, kept.digest(kept.DATABASE)))
    if options.json:
        sys.stdout.write(json.dumps(_document(made, seen), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(told.lines(made, seen)) + "\n")
    if fresh:
        raise BongsuError(
            f"nothing was accepted: {', '.join(one.path for one in fresh)} changed since the last look. "
            "It is told above now; look at it, and accept again"
        )
    return 1 if seen is None or seen.findings else 0


def answer(*, fetch: bool, deadline: float) -> dict[str, Any]:
    """Tell a controller of the database, with its content where that is asked for; empty where the role is not.

    ``deadline`` is in seconds: as long as that, a first database that is being made is waited for.
    """
    if not kept.CONFIG.exists() or not (store.Store(store.DEFAULT).manifest(kept.COMPONENT)):
        return {}
    look.wait_for_the_first(deadline)
    made, seen = kept.made(), kept.seen()
    if made is None or seen is None:
        return {"sha256": "", "findings": []}
    content = {"content": base64.b64encode(kept.DATABASE.read_bytes()).decode()} if fetch else {}
    return {
        "sha256": kept.digest(kept.DATABASE),
        "rules": kept.digest(kept.RULES),
        "made_at": made.at,
        "before": made.before,
        "explained": dict(made.explained) if fetch else {},
        "accepted": seen.accepted,
        "looked_at": seen.at,
        "findings": [asdict(one) for one in seen.findings],
        **content,
    }


def _document(made: kept.Made | None, seen: kept.Seen | None) -> dict[str, Any]:
    return {
        "database": {"made_at": made.at, "sha256": kept.digest(kept.DATABASE)} if made else None,
        "looked_at": seen.at if seen else None,
        "findings": [asdict(one) for one in seen.findings] if seen else [],
        "explained": {path: one.why for path, one in seen.known.items()} if seen else {},
        "rules_waiting": seen.waiting if seen else False,
    }
