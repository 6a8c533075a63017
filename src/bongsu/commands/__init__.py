"""The verbs of the command line: `add(verbs)` declares a verb's options, `run(args)` does it, returns the status.

Only what `--help` needs is imported at the top of these modules; the rest is imported where it is used.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    *,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Declare a verb: its one-line summary, and examples below its options."""
    made = verbs.add_parser(
        name,
        help=summary,
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=run)
    return made
