"""The command line: words and options here, the work in `bongsu.commands`, one module a verb."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module

from bongsu import __version__
from bongsu.errors import BongsuError

VERBS = (
    *("init", "check", "plan", "provision", "verify", "drift", "audit", "decommission", "ca"),
    *("lab", "demo", "test", "bench"),
)
BAD_INPUT = 2
_EPILOG = """\
examples:
  bongsu demo                      a lab of four hosts, and proof that an alert arrives
  bongsu init servers              write an inventory of your own to ./servers
  bongsu provision -i servers --check --diff
  bongsu provision -i servers
  bongsu verify -i servers

exit status: 0 done, 1 some host failed, 2 bad input (nothing was touched), 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; each verb adds its own part."""
    top = argparse.ArgumentParser(
        prog="bongsu",
        description="Turns bare Debian servers into watched ones, and proves that an outage is noticed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"bongsu {__version__}")
    verbs = top.add_subparsers(dest="word", metavar="VERB", required=True)
    for verb in VERBS:
        import_module(f"bongsu.commands.{verb}").add(verbs)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit status; an error of ours prints as one sentence."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["lab"]:
        return int(import_module("bongsu.lab.command").main(words[1:]))
    args = parser().parse_args(words)
    try:
        return int(args.run(args))
    except BongsuError as error:
        return _give_up(
            args, "bad_input" if error.exit_status == BAD_INPUT else "failed", error.exit_status, str(error)
        )
    except KeyboardInterrupt:
        return _give_up(args, "interrupted", 130, "interrupted")
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left: nothing to tell, nobody to tell it
        return 1


def _give_up(args: argparse.Namespace, status: str, exit_status: int, message: str) -> int:
    """Say why nothing came of it, as a sentence or as the one JSON document; return the exit status."""
    if getattr(args, "json", False):
        document = {"command": args.word, "status": status, "exit_status": exit_status, "errors": [message]}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stderr.write(f"bongsu: {message}\n")
    return exit_status
