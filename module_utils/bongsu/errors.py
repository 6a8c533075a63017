"""The one error hierarchy of the host side; only a module's ``main`` turns it into a failed task."""

from __future__ import annotations

from typing import Any


class BongsuError(Exception):
    """Something went wrong that the operator can act on.

    The message names the place and the cure. ``details`` are added to the failed task's result.
    """

    def __init__(self, message: str, **details: Any) -> None:
        """Keep the message and whatever else the result should carry."""
        super().__init__(message)
        self.details = details
