"""`bongsu demo`: a lab of four hosts, provisioned, and proof that an alert arrives."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING

from bongsu.commands import verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
examples:
  bongsu demo           about five minutes the first time; asked twice, it resumes
  bongsu demo --down    remove every trace: hosts, network, images, state
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    summary = "build a lab of four hosts, provision it, and prove that an alert arrives"
    parser = verb(verbs, "demo", run, summary, epilog=_EXAMPLES)
    parser.add_argument("--down", action="store_true", help="remove the lab, its images and its state")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def run(args: argparse.Namespace) -> int:
    """Run the demo, or take it away."""
    from bongsu import paths
    from bongsu.lab import Lab

    lab = Lab.load()
    if args.down:
        lab.down(purge=True)
        with contextlib.suppress(OSError):  # other runs, of real servers, are kept there
            paths.state_dir().rmdir()
        text = "The lab is gone: hosts, network, images, state. Debian packages that it needed stay installed.\n"
        _finish(args, {"command": "demo", "status": "ok", "exit_status": 0}, text)
        return 0
    from bongsu.demo import Demo, places

    demo = Demo(lab, _quiet if args.json else _say, json_only=args.json)
    demo.run()
    look_at = places(lab, [host.name for host in lab.spec.hosts if host.name.startswith("monitor")])
    document = {
        "command": "demo",
        "status": "ok",
        "exit_status": 0,
        "proved": [{"what": what, "took": took} for what, took in demo.proved],
        "look_at": look_at,
    }
    table = "".join(f"  {took:>7}  {what}\n" for what, took in demo.proved)
    places_text = "".join(f"  {line}\n" for line in look_at)
    _finish(args, document, f"\nProved:\n{table}\nLook at:\n{places_text}")
    return 0


def _finish(args: argparse.Namespace, document: dict[str, object], text: str) -> None:
    """Print the result as asked."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n" if args.json else text)


def _say(message: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def _quiet(_message: str) -> None:
    """Print nothing: the JSON document says it all."""
