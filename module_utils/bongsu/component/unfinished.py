"""A way back at boot while the toolkit itself comes or goes, and no recovery of ours can run: systemd-tmpfiles.

One file says what the toolkit consists of. Should the host boot while that file is there, all of it is cleared away
before any unit of ours is started: a host that was to get its first component is as bare as before, one that was to
lose its last is rid of everything.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress

from .. import host
from . import store, toolkit

CONFIGURATION = "/etc/tmpfiles.d/bongsu-unfinished.conf"
_HEAD = "# bongsu's own code is being placed or taken away. If the host boots before that has ended, all of it goes.\n"


def arm(kept: store.Store) -> None:
    """Have a boot remove the toolkit, and what is kept in the state directory: nothing else of bongsu is on the host.

    The file appears whole, in one step: it is staged in the journal's directory, where nobody misses it.
    """
    content = (_HEAD + "".join(f"{line}\n" for line in _lines(kept))).encode()
    staged = str(kept.journal_directory(toolkit.NAME) / os.path.basename(CONFIGURATION))
    host.write_new(staged, content, mode=0o644)
    host.sync([staged])
    os.makedirs(os.path.dirname(CONFIGURATION), exist_ok=True)
    try:
        os.rename(staged, CONFIGURATION)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        host.replace(CONFIGURATION, content, mode=0o644)  # the state directory is another file system
    host.sync([os.path.dirname(CONFIGURATION)])


def disarm() -> None:
    """Have a boot remove nothing; silent where it would not."""
    with suppress(FileNotFoundError):
        os.unlink(CONFIGURATION)
        host.sync([os.path.dirname(CONFIGURATION)])


def _lines(kept: store.Store) -> list[str]:
    """List what goes, the file that says so last; a directory that others use only where nothing of theirs is in it."""
    places = toolkit.component().files
    files = [file.dest for file in places if file.state == "file"]
    units = {os.path.basename(path): os.path.dirname(path) for path in files}
    links = [f"{units[name]}/{target}.wants/{name}" for name, target in toolkit.WANTED_BY.items()]
    stamps = [str(store.TIMER_STAMPS / f"stamp-{toolkit.TIMER}")]
    metrics = [str(store.TEXTFILE_DIRECTORY / name) for name in store.METRICS]
    own = [str(kept.directory / name) for name in store.FILES]
    whole = [*(file.dest for file in places if file.state == "directory")]
    whole += [str(kept.directory / name) for name in store.DIRECTORIES]
    written = [*files, *metrics, *own]
    going = [*links, *written, *map(host.staged_path, written), *stamps]
    shared = [os.path.dirname(link) for link in links] + [str(kept.directory)]
    empty = [path for path in shared if not _others(path, [*going, *whole])]
    return [
        *(f"r! {path}" for path in going),
        *(f"R! {path}" for path in whole),
        *(f"r! {path}" for path in [*empty, CONFIGURATION]),
    ]


def _others(directory: str, ours: Sequence[str]) -> bool:
    """Tell whether a directory has something in it that is not ours."""
    try:
        return any(os.path.join(directory, name) not in ours for name in os.listdir(directory))
    except FileNotFoundError:
        return False
