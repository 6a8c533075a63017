"""What a login shell is given by /etc/profile and what that reads: its variables, and ``umask``."""

from __future__ import annotations

import re
from collections.abc import Collection

from .. import host
from ..controls import Found
from ..errors import BongsuError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MARK = "bongsu:"


def look(names: Collection[str]) -> Found:
    """Start a login shell as nobody's home would: with an empty environment."""
    values = {name: "$(umask)" if name == "umask" else f"${{{name}-}}" for name in names if _VARIABLE.match(name)}
    script = "; ".join(f'printf "{_MARK}%s %s\\n" {name} "{value}"' for name, value in sorted(values.items()))
    command = ["/usr/bin/env", "-i", "HOME=/nonexistent", "PATH=/usr/bin:/bin", "/bin/bash", "--login", "-c", script]
    output = host.run(command, timeout=20)
    if output.status != 0:
        raise BongsuError(f"a login shell: {output.text}")
    return read(output.text)


def read(text: str) -> Found:
    """Read what the shell printed, whatever else its profile prints."""
    marked = [line.removeprefix(_MARK).split() for line in text.splitlines() if line.startswith(_MARK)]
    return {name.lower(): words for name, *words in marked if words}
