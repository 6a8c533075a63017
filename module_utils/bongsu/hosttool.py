"""The command that stays on a host: look at drift, controls, files, updates; undo what an interrupted run left."""

from __future__ import annotations

import argparse
import compileall
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from . import audit_rules_host, bans_host, controls_host, firewall_host, host, kernel_settings, sandbox_ask
from .component import drift_host, toolkit, undo
from .component.store import DEFAULT, Store
from .errors import BongsuError
from .integrity import verb as integrity
from .updates import look as updates
from .updates import reboot

_UNUSED = 7 * 86400.0  # seconds; a running process may still load from there


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; exit status 0 means all is well, 1 that something was found or could not be done."""
    parser = argparse.ArgumentParser(prog="bongsu", description=__doc__)
    parser.add_argument("--version", action="version", version="bongsu host tool")
    verbs = parser.add_subparsers(dest="verb", required=True)
    drift = verbs.add_parser("drift", help="compare what bongsu placed here with what is there")
    drift.add_argument("--textfile", action="store_true", help="write the metrics for node_exporter")
    drift.add_argument("--json", action="store_true", help="print one JSON document")
    controls = verbs.add_parser("controls", help="look which security controls are in effect")
    controls.add_argument("role", nargs="*", help="only this role's")
    controls.add_argument("--textfile", action="store_true", help="write the metrics for node_exporter")
    controls.add_argument("--json", action="store_true", help="print one JSON document")
    bans = verbs.add_parser("bans", help="tell whom fail2ban has banned, and whether the kernel refuses them")
    bans_host.add_arguments(bans)
    firewall = verbs.add_parser("firewall", help="write metrics of what the firewall has let in and dropped")
    firewall.add_argument("--ask", type=Path, metavar="FILE", help="only say what rules to come would cut off")
    files = verbs.add_parser("integrity", help="tell which files have changed for no known reason")
    integrity.add_arguments(files)
    sandboxes = verbs.add_parser("sandboxes", help="tell what services do now that sandboxes to come would deny")
    sandboxes.add_argument("document", type=Path, help="the controls of the role service_sandbox")
    waiting = verbs.add_parser("updates", help="look which upgrades and restarts wait")
    waiting.add_argument("--textfile", action="store_true", help="write the metrics for node_exporter")
    waiting.add_argument("--json", action="store_true", help="print one JSON document")
    restart = verbs.add_parser("reboot", help="reboot, if the host must and may now")
    restart.add_argument("--dry-run", action="store_true", help="only say what would be done")
    recover = verbs.add_parser("recover", help="undo every interrupted run")
    recover.add_argument("--boot", action="store_true", help="the host is booting: do not wait for units")
    rollback = verbs.add_parser("rollback", help="undo one run")
    rollback.add_argument("journal", type=Path, help="its directory below /var/lib/bongsu/journal")
    rollback.add_argument("--boot", action="store_true", help="the host is booting: do not wait for units")
    kernel = verbs.add_parser("kernel", help="keep how the kernel was set before bongsu sets it, or give that back")
    kernel.add_argument("action", choices=["remember", "give-back"])
    audit = verbs.add_parser("audit", help="make the rules of the kernel's audit and load them, or have it as before")
    audit.add_argument("action", choices=["load", "give-back"])
    unpack = verbs.add_parser("unpack", help="lay this code out where a controller's questions start it")
    unpack.add_argument("directory", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.verb == "drift":
            return drift_host.main(textfile=options.textfile, as_json=options.json)
        if options.verb == "controls":
            return controls_host.main(options.role, textfile=options.textfile, as_json=options.json)
        if options.verb == "bans":
            return bans_host.run(options)
        if options.verb == "firewall":
            return firewall_host.ask(options.ask) if options.ask else firewall_host.count()
        if options.verb == "integrity":
            return integrity.run(options)
        if options.verb == "sandboxes":
            return sandbox_ask.main(options.document)
        if options.verb == "updates":
            return updates.main(textfile=options.textfile, as_json=options.json)
        if options.verb == "reboot":
            return reboot.main(dry_run=options.dry_run)
        if options.verb == "kernel":
            return kernel_settings.main(give_back=options.action == "give-back")
        if options.verb == "audit":
            return audit_rules_host.load() if options.action == "load" else audit_rules_host.give_back()
        if options.verb == "recover":
            return _recover(Path(DEFAULT) / "journal", booting=options.boot)
        if options.verb == "unpack":
            return _unpack(Path(sys.argv[0]), options.directory)
        return _roll_back(options.journal, booting=options.boot)
    except BongsuError as error:
        sys.stderr.write(f"bongsu: {error}\n")
        # Of a look at files, 1 says that it has found something, and its unit takes that for a success.
        return 2 if (options.verb, getattr(options, "action", None)) == ("integrity", "look") else 1


def _recover(journals: Path, *, booting: bool) -> int:
    """Run the rollback that each journal brought along: the code that made it knows how to read it."""
    worst = 0
    for directory in sorted(path for path in journals.glob("*") if path.is_dir()):
        if undo.exists(directory):
            command = ["/bin/sh", str(directory / "rollback"), *(["--boot"] if booting else [])]
            worst = max(worst, subprocess.run(command, check=False).returncode)
        else:
            with Store(str(directory.parents[1])).locked(while_there_is=directory) as held:
                if held and not undo.exists(directory):
                    undo.discard(directory)  # cut off before anything was touched
    return worst


def _roll_back(directory: Path, *, booting: bool) -> int:
    with Store(str(directory.parents[1])).locked(while_there_is=directory) as held:  # a living run holds it
        if not held:  # the run has ended well meanwhile
            return 0
        if not undo.exists(directory):
            undo.discard(directory)  # cut off before anything was touched
            return 0
        if undo.waits(directory) and not booting:
            return 0
        troubles = undo.undo(directory, booting=booting)
    for trouble in troubles:
        sys.stderr.write(f"bongsu: {trouble}\n")
    sys.stderr.write(f"bongsu: undid or ended an interrupted run of {directory.name}\n")
    return 1 if troubles else 0


def _unpack(whole: Path, directory: Path) -> int:
    """Unpack this code, whole or not at all; what other controllers have not used for a week goes."""
    fresh = Path(tempfile.mkdtemp(prefix=".new.", dir=directory.parent))
    with zipfile.ZipFile(whole) as packed:
        packed.extractall(fresh)
    shutil.copyfile(whole, fresh / toolkit.WHOLE)
    compileall.compile_dir(fresh, quiet=1)
    try:
        fresh.rename(directory)
    except OSError:  # another task of the run was quicker
        shutil.rmtree(fresh)
    for other in directory.parent.iterdir():
        if other.is_dir() and time.time() - other.stat().st_atime > _UNUSED:
            host.remove_at_once(other)
    return 0
