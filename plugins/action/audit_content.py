"""Have OpenSCAP's content in this machine's cache; no host is asked."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from bongsu.audit import content
from bongsu.errors import BongsuError


class ActionModule(ActionBase):
    """Fetch the package that is pinned, unless it is there."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"path", "sha256", "releases", "mirror"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return for each release where its data stream is; fail with the cure where it cannot be had."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = self._task.args
        pin = content.Pin(given["path"], given["sha256"], tuple(map(str, given["releases"])))
        try:
            content.ensure(pin, given.get("mirror") or "")
        except BongsuError as error:
            raise AnsibleActionFail(f"OpenSCAP's content: {error}") from None
        streams = {release: str(content.stream(pin, release)) for release in pin.releases}
        return {**result, "changed": False, "name": pin.name, "streams": streams}
