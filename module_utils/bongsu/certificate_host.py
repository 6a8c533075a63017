"""The host's half of its certificate: the only place that touches the key, and the key never leaves it."""

from __future__ import annotations

import contextlib
import datetime as dt
import grp
import os
import secrets
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .certificate import Present, Wanted, parse_certificate, parse_public_key, reasons, serves, split_names
from .errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_MODE = 0o640


def answer(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Report what the host has; make key and request when that is not what is wanted.

    Without openssl there is nothing to report but that: whoever asks brings it, and asks again.
    """
    host = CertificateHost(params["directory"], params["group"], params["textfile_directory"])
    names, addresses = split_names(params["names"])
    lifetime = dt.timedelta(days=params["lifetime_days"])
    wanted = Wanted(frozenset(names), frozenset(addresses), params["client_auth"], lifetime)
    missing = host.missing() if check else host.provide()
    if missing:
        lacks = f"the host lacks: {', '.join(missing)}"
        return {
            "changed": True,
            "missing": missing,
            "due": True,
            "held": False,
            "authority": "none",
            "reasons": [lacks],
        }
    report = host.report(params["ca_certificate"], wanted, ca_retired=params["ca_retired"], hold=params["hold"])
    if not check:
        if not report["key_present"]:
            host.make_key()
        elif report["key_exposed"]:
            host.restrict_key()
        if report["due"]:
            report["request"] = host.request()
    return {"changed": report["due"] or report["key_exposed"], "missing": [], **report}


class CertificateHost:
    """A directory holding `host.key` and `host.crt`, read and written with the `openssl` command."""

    def __init__(self, directory: str, group: str, textfile_directory: str = "") -> None:
        """Take the directory (made when first needed), the group that may read the key, and the metrics' place."""
        self.directory = Path(directory)
        self.group = group
        self.textfile_directory = textfile_directory
        self.key = self.directory / "host.key"
        self.certificate = self.directory / "host.crt"

    def missing(self) -> list[str]:
        """List what the host lacks for its part: `openssl` (the command), `group`, `textfile_directory`."""
        lacking = [] if shutil.which("openssl") else ["openssl"]
        try:
            grp.getgrnam(self.group)
        except KeyError:
            lacking.append("group")
        if self.textfile_directory and not Path(self.textfile_directory).is_dir():
            lacking.append("textfile_directory")
        return lacking

    def provide(self) -> list[str]:
        """Make the group and the metrics' place where they are missing; return what is missing still."""
        missing = self.missing()
        if "group" in missing:
            self._require("groupadd", "--system", self.group)
        if "textfile_directory" in missing:
            # Debian's package would make the same directories, with the same owner and mode.
            place = Path(self.textfile_directory)
            for directory in reversed([path for path in (place, *place.parents) if not path.exists()]):
                directory.mkdir()
                directory.chmod(0o755)
        return [name for name in missing if name == "openssl"]

    def report(
        self, ca_certificate: str, wanted: Wanted, *, ca_retired: Sequence[str] = (), hold: bool = False
    ) -> dict[str, object]:
        """Judge what is there; `due` says whether to ask for a new certificate, `reasons` why.

        `authority` says who signed the present certificate: the `present` authority, a `retired` one, or `none` of
        them. With `hold`, one that a retired authority signed is `held` while it serves, whatever the reasons.
        """
        now = dt.datetime.now(tz=dt.UTC)
        public_key = self._public_key()
        present = self._present()
        authority = "none" if present is None else self._authority(ca_certificate, ca_retired)
        trusted = authority == "present"
        found = reasons(present, wanted, public_key=public_key, trusted=trusted, now=now)
        held = bool(
            hold and authority == "retired" and present is not None and serves(present, public_key=public_key, now=now)
        )
        return {
            "due": bool(found) and not held,
            "held": held,
            "authority": authority,
            "reasons": [] if held else found,
            "key_present": public_key is not None,
            "key_exposed": public_key is not None and not self._key_is_private(),
            "certificate": "" if present is None else self.certificate.read_text(),
            "begins": 0 if present is None else int(present.not_before.timestamp()),
            "expires": 0 if present is None else int(present.not_after.timestamp()),
        }

    def make_key(self) -> None:
        """Make a P-256 key, readable by root and the group alone from its first byte on."""
        pem = self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = self.directory / f".host.key.{secrets.token_hex(4)}"
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(pem)
                stream.flush()
                os.fsync(stream.fileno())
            self._restrict(fresh)
            fresh.replace(self.key)
        finally:
            fresh.unlink(missing_ok=True)

    def restrict_key(self) -> None:
        """Take the key back from readers that should not have it."""
        self._restrict(self.key)

    def request(self) -> str:
        """Make a signing request; its subject is a formality, the controller decides what is certified."""
        return self._openssl("req", "-new", "-key", str(self.key), "-subj", "/CN=host")

    def _restrict(self, path: Path) -> None:
        os.chown(path, os.geteuid(), grp.getgrnam(self.group).gr_gid)
        path.chmod(KEY_MODE)

    def _key_is_private(self) -> bool:
        found = self.key.stat()
        owner, group = os.geteuid(), grp.getgrnam(self.group).gr_gid
        return (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (KEY_MODE, owner, group)

    def _public_key(self) -> str | None:
        """Return the key's public half, None when there is no key or openssl cannot read it."""
        if not self.key.is_file():
            return None
        try:
            return parse_public_key(self._openssl("pkey", "-in", str(self.key), "-pubout"))
        except BongsuError:
            return None

    def _present(self) -> Present | None:
        """Read the certificate, None when there is none or none that can be read: both call for a new one."""
        if not self.certificate.is_file():
            return None
        with contextlib.suppress(BongsuError):
            return parse_certificate(
                self._openssl(
                    *("x509", "-in", str(self.certificate), "-noout", "-pubkey"),
                    *("-dates", "-dateopt", "iso_8601", "-ext", "subjectAltName,extendedKeyUsage"),
                )
            )
        return None

    def _authority(self, present: str, retired: Sequence[str]) -> str:
        if self._signed_by(present):
            return "present"
        return "retired" if retired and self._signed_by("\n".join(retired)) else "none"

    def _signed_by(self, ca_certificate: str) -> bool:
        # Time is judged by `reasons`, which says more than "expired".
        command = ("verify", "-no_check_time", "-CAfile", "/dev/stdin", str(self.certificate))
        try:
            self._openssl(*command, given=ca_certificate)
        except BongsuError:
            return False
        return True

    def _openssl(self, *arguments: str, given: str = "") -> str:
        return self._require("openssl", *arguments, given=given)

    def _require(self, *command: str, given: str = "") -> str:
        """Run a command and return what it printed; on failure raise with its own first line."""
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=30)
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[0]
            raise BongsuError(f"{command[0]} {command[1]} failed with status {done.returncode}: {said}")
        return done.stdout
