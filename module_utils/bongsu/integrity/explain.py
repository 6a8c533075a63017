"""Which differences are no finding, since somebody answers for them. Pure, but for the questions that it is given."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .aide import Difference, State

# A difference in these is one in what the file says; every other is one in who may do what with it.
_CONTENT = frozenset({"size", "sha512", "inode", "bcount", "lcount", "mtime", "ctime", "link_name"})
# Whose links only say that something of a package, or of bongsu, is used.
_SWITCHES = ("/etc/systemd/system/", "/etc/systemd/user/", "/etc/alternatives/")
_ALTERNATIVES = "/etc/alternatives/"
_MASK = "/dev/null"
_OURS = "bongsu"
_STAFF = "50"  # may write to directories below /usr/local, as Debian's policy wants it (9.1.2); in base-passwd
_PLAIN_ACL = 3  # entries: owner, group and others, which are the mode


@dataclass(frozen=True)
class Packages:
    """What dpkg knows: versions by package; by path the package, and the MD5 of the file as it is packaged."""

    versions: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """What bongsu has placed: paths that are as a manifest says, all that it names, packages brought, units masked."""

    as_placed: Collection[str] = ()
    named: Collection[str] = ()
    brought: Collection[str] = ()
    masked: Collection[str] = ()


@dataclass(frozen=True)
class Then:
    """How it was when the database was made: packages' versions, whose each path was, and what bongsu had placed."""

    versions: Mapping[str, str]
    owners: Mapping[str, str]
    placed: Collection[str]


@dataclass(frozen=True)
class Known:
    """Why a difference is no finding, and for which state of the path; ``version`` is the package's that it was."""

    digest: str
    why: str
    version: str | None = None
    lasting: bool = False  # it need not be judged again as long as the state is the same


@dataclass(frozen=True)
class Judge:
    """Everything that a judgement needs.

    ``last`` gives by path the version that its package had when it was last looked at, where that is not the one of
    then; ``md5`` reads a file, ``final`` follows links, ``there`` looks for a path.
    """

    then: Then
    packages: Packages
    placed: Placed
    known: Mapping[str, Known]
    last: Mapping[str, str]
    md5: Callable[[str], str]
    final: Callable[[str], str]
    there: Callable[[str], bool]

    def __call__(self, one: Difference) -> Known | None:
        """Say why a difference is no finding; None where it is one."""
        before = self.known.get(one.path)
        if before and before.lasting and before.digest == one.digest:
            return before
        found = self._gone(one) if one.kind == "removed" else self._came(one)
        if found is None:
            return None
        why, package = found
        # An edited file is known to be bongsu's by when it was written, which later runs no longer tell.
        lasting = bool(package) or (why == _OURS and one.kind != "removed")
        return Known(one.digest, why, self.packages.versions.get(package) if package else None, lasting=lasting)

    def _gone(self, one: Difference) -> tuple[str, str | None] | None:
        if one.path in self.placed.as_placed or (one.path in self.then.placed and one.path not in self.placed.named):
            return _OURS, None
        if one.state.kind == "directory":
            return "a directory; what was in it is told by itself", None
        package = self.then.owners.get(one.path)
        if package and one.path not in self.packages.owners and self._is_another(package, one.path):
            return f"package {package}", None
        if one.state.kind == "link" and self._switches(one.path, one.state):
            target = os.path.join(os.path.dirname(one.path), one.state.target)
            return ("what it led to is gone", None) if not self.there(target) else None
        return None

    def _came(self, one: Difference) -> tuple[str, str | None] | None:
        if one.path in self.placed.as_placed:
            return _OURS, None
        tame = harmless(one.state)
        if one.state.kind == "directory" and one.kind == "added" and tame:
            return "a directory; what is in it is told by itself", None
        if one.state.kind == "link" and self._switches(one.path, one.state) and self._leads_well(one):
            return "it leads to a file of a package, or of bongsu", None
        package = self.packages.owners.get(one.path)
        if package is None or not self._is_another(package, one.path):
            return None
        rights = one.kind == "added" or bool(one.attributes - _CONTENT)
        if rights and not tame and package not in self.placed.brought:
            return None
        return (f"package {package}", package) if self._is_packaged(one) else None

    def _is_another(self, package: str, path: str) -> bool:
        """Tell whether a package has another version than when this path was last known: else it changed nothing."""
        last = self.last.get(path, self.then.versions.get(package))
        return self.packages.versions.get(package) != last or path in self.then.placed

    def _is_packaged(self, one: Difference) -> bool:
        if one.state.kind == "file":
            return self.packages.digests.get(one.path) == self.md5(one.path)
        return one.state.kind == "directory" or (one.state.kind == "link" and self._answered(self.final(one.path)))

    def _switches(self, path: str, state: State) -> bool:
        return path.startswith(_SWITCHES) or state.target.startswith(_ALTERNATIVES)

    def _leads_well(self, one: Difference) -> bool:
        if one.state.target == _MASK:
            return os.path.basename(one.path) in self.placed.masked
        return self._answered(self.final(one.path))

    def _answered(self, path: str) -> bool:
        return path in self.packages.owners or path in self.placed.as_placed


def harmless(state: State) -> bool:
    """Tell whether a path gives nobody but root any power: root's own, none but root's group may write, no setuid."""
    mode = int(state.perm, 8)
    if state.kind == "link":
        return True
    groups = ("0", _STAFF) if state.kind == "directory" else ("0",)
    writable = bool(mode & 0o002) or (bool(mode & 0o020) and state.gid not in groups)
    special = bool(mode & 0o6000) and state.kind == "file"
    return state.uid == "0" and not writable and not special and state.xattrs == "0" and _is_plain(state.acl)


def _is_plain(acl: str) -> bool:
    """Tell an access control list that says no more than the mode (``POSIX,BASE64,0``: nothing by default)."""
    if acl in ("0", "", "POSIX"):
        return True
    import base64

    _, access, default = [*acl.split(","), "", ""][:3]
    return default == "0" and len(base64.b64decode(access).split()) <= _PLAIN_ACL
