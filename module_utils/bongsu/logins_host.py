"""Look up who can log in to this host by SSH, and who could not any more with other settings."""

from __future__ import annotations

import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import host, logins
from .effective import sshd

_JOURNAL = (
    *("journalctl", "--quiet", "--no-pager", "--output=cat", "--since=-30days"),
    *("--identifier=sshd", "--identifier=sshd-session", "--grep=^Accepted (password|keyboard-interactive)"),
)
_PATIENCE = 10.0  # seconds: of a journal that takes longer, what was logged is not told


def losses(sets: Mapping[str, object]) -> list[str]:
    """Return a sentence for each user who loses a way in with sshd's settings ``sets``; nobody has one without sshd."""
    if not Path(sshd.PROGRAM).exists():
        return []
    now = {name: list(found) for name, found in sshd.look(()).items() if isinstance(found, list)}
    everybody = logins.accounts(
        _read("/etc/passwd"),
        _read("/etc/shadow"),
        _read("/etc/group"),
        {entry.pw_name: _has_keys(entry, now) for entry in pwd.getpwall()},
        host.run(_JOURNAL, timeout=_PATIENCE).text,
    )
    return list(logins.losses(everybody, now, logins.wanted(now, sets)))


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def _has_keys(entry: pwd.struct_passwd, settings: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a user has a key; where a command or an authority tells keys, everybody may have one."""
    elsewhere = (settings.get(name, ["none"]) for name in ("authorizedkeyscommand", "trustedusercakeys"))
    if any(list(told) not in ([], ["none"]) for told in elsewhere):
        return True
    for pattern in settings.get("authorizedkeysfile", ()):
        name = pattern.replace("%u", entry.pw_name).replace("%h", entry.pw_dir).replace("%%", "%")
        path = Path(entry.pw_dir, name)
        if path.is_file() and any(line.strip() and not line.lstrip().startswith("#") for line in _lines(path)):
            return True
    return False


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
