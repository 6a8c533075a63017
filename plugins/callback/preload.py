"""Do once what the process of each task would do for itself: load filters and tests, compile templates.

Ansible forks a process for each task and host, and loads its plugins when one is first used: in that process, and so
again in the next: half of what a task cost that asks nobody (docs/decisions/0023).
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader, test_loader

from bongsu import compiled

DOCUMENTATION = """
name: preload
type: aggregate
short_description: loads filters and tests before tasks are forked, and has templates compiled once
description: [Prints nothing.]
"""


class CallbackModule(CallbackBase):
    """Have the process that all tasks are forked from load the plugins."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "preload"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002  # Ansible's interface
        """Begin."""
        filter_loader.get("default")  # one of them brings all
        test_loader.get("defined")
        place = Path(constants.DEFAULT_LOCAL_TMP, "bongsu-compiled")
        place.mkdir(exist_ok=True)  # there may be several playbooks
        compiled.once(place)

    def v2_playbook_on_play_start(self, play: Any) -> None:  # noqa: ARG002  # likewise
        """Spare each process the search for garbage in what it has from its parent, all of which it would copy."""
        gc.freeze()

    def v2_playbook_on_include(self, included_file: Any) -> None:  # noqa: ARG002  # likewise
        """Do the same for what has been read since."""
        gc.freeze()
