"""See every task of a run, so that what a host has said of itself is relied upon only until it may have changed."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback import CallbackBase

from bongsu import said

DOCUMENTATION = """
name: witness
type: aggregate
short_description: sees every task that may change a host
description: [Prints nothing. What it is for is told in docs/decisions/0023.]
"""


class CallbackModule(CallbackBase):
    """Tell ``said`` of the tasks of this run, in the process that the tasks' own processes are forked from."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "witness"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002  # Ansible's interface
        """Begin."""
        said.witness()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Hear that a task, or a handler, is about to begin."""
        said.begins(host.get_name(), task)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Hear that nothing was done."""
        said.ended(result.host.get_name(), result.task, skipped=True)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Hear that it was done."""
        said.ended(result.host.get_name(), result.task)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002  # Ansible's interface
        """Hear that it failed: it may have changed something before."""
        said.ended(result.host.get_name(), result.task)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Hear that the host was lost: the task may go on there."""
        said.ended(result.host.get_name(), result.task, lost=True)
