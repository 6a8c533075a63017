"""The command that stays on a host undoes what was left behind, at boot or by the dead man's switch."""

import os
import shutil
import signal
import time
from contextlib import contextmanager

import pytest
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu import hosttool
from ansible.module_utils.bongsu.component import steps, undo_units
from ansible.module_utils.bongsu.component.store import Store
from killing import in_a_fork
from managed_host import IN_PROCESS, archive_for


def die():
    steps.act = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def cut_off(host, monkeypatch):
    """A host on which a run was killed with new files in place, and its unit not yet told."""
    monkeypatch.setattr(hosttool, "DEFAULT", str(host.root / "state"))
    packed = archive_for(host.root)
    monkeypatch.setattr("ansible.module_utils.bongsu.component.toolkit.archive", lambda: packed)
    host.converge(host.file(content="old\n"))
    assert host.converge(host.file(content="new\n"), before=die) == {"killed": True}
    host.forget_calls()
    return host


def tool(host, *arguments):
    return in_a_fork(lambda: hosttool.main(list(arguments)), host.env)


def test_recover_undoes_every_interrupted_run(cut_off):
    other = cut_off.root / "etc/other"
    cut_off.converge(cut_off.file(other, content="x\n"), name="other", units=[], before=die)
    assert tool(cut_off, "recover") == 0
    assert cut_off.config.read_text() == "old\n"
    assert not other.exists()
    assert list((cut_off.root / "state/journal").iterdir()) == []
    assert cut_off.calls() == ["reset-failed daemon.service", "reload-or-restart daemon.service"]
    assert tool(cut_off, "recover") == 0


def test_at_boot_it_waits_for_no_unit(cut_off, monkeypatch):
    told = []
    systemctl = IN_PROCESS["systemctl"]
    monkeypatch.setitem(IN_PROCESS, "systemctl", lambda words: (told.append(words[1:]), systemctl(words))[1])
    monkeypatch.setattr(os, "environ", {**os.environ, **cut_off.env})
    assert hosttool.main(["rollback", str(cut_off.root / "state/journal/daemon"), "--boot"]) == 0
    assert cut_off.config.read_text() == "old\n"
    assert ["--no-block", "reload-or-restart", "daemon.service"] in told


def test_a_journal_that_had_not_begun_is_swept_away(cut_off):
    (cut_off.root / "state/journal/daemon/journal.json").unlink()
    assert tool(cut_off, "recover") == 0
    assert cut_off.config.read_text() == "new\n"
    assert not (cut_off.root / "state/journal/daemon").exists()


def test_a_journal_that_is_gone_is_no_matter(host):
    assert tool(host, "rollback", str(host.root / "state/journal/daemon")) == 0
    assert not (host.root / "state").exists()


def test_it_waits_for_a_living_run(cut_off):
    journal = str(cut_off.root / "state/journal/daemon")
    store = Store(str(cut_off.root / "state"))
    with waiter(lambda: hosttool.main(["rollback", journal]), cut_off.env) as begin, store.locked():
        begin()
        assert cut_off.config.read_text() == "new\n"
    assert cut_off.config.read_text() == "old\n"


def test_what_cannot_be_put_back_keeps_the_journal_and_is_told(cut_off, capfd):
    cut_off.config.unlink()
    cut_off.config.mkdir()
    (cut_off.config / "theirs").touch()
    assert tool(cut_off, "recover") == 1
    assert f"bongsu: {cut_off.config}: something was put into what took its place" in capfd.readouterr().err
    result = cut_off.converge(cut_off.file(content="old\n"))
    assert "an interrupted run could not be undone" in result["msg"]
    (cut_off.config / "theirs").unlink()
    assert tool(cut_off, "recover") == 0
    assert cut_off.config.read_text() == "old\n"


def test_a_unit_that_does_not_come_back_is_told_and_the_next_run_acts_on_it(cut_off, capfd):
    cut_off.set_unit(config=str(cut_off.root / "etc/else"))
    (cut_off.root / "etc/else").write_text("broken\n")
    assert tool(cut_off, "recover") == 1
    assert "systemctl reload-or-restart daemon.service: Job for daemon.service failed." in capfd.readouterr().err
    (cut_off.root / "etc/else").unlink()
    assert "it has not read" in str(cut_off.converge(cut_off.file(content="old\n"))["actions"])


def test_the_lock_is_of_this_state_directory_and_not_of_one_that_was_cleared(host):
    """Who waits while the last component goes would else hold a lock that nobody else can see."""
    store, seen = Store(str(host.root / "state")), host.root / "seen"

    def take():
        with store.locked():
            seen.write_text(str((host.root / "state/lock").stat().st_ino))

    with waiter(take, host.env) as begin, store.locked():
        begin()
        store.clear()
        assert not store.directory.exists()
    assert seen.read_text() == str((host.root / "state/lock").stat().st_ino)


def test_who_waits_to_undo_the_last_removal_leaves_nothing_once_it_has_ended_well(cut_off):
    """A removal that takes long wakes the dead man's switch, which then waits for its end."""
    journal, store = cut_off.root / "state/journal/daemon", Store(str(cut_off.root / "state"))
    with waiter(lambda: hosttool.main(["rollback", str(journal)]), cut_off.env) as begin, store.locked():
        begin()
        shutil.rmtree(journal)
        shutil.rmtree(store.directory)
    assert not store.directory.exists()
    assert cut_off.config.read_text() == "new\n"


@contextmanager
def waiter(function, env):
    """Have a function run in another process once begin() is called, which waits until it can be waiting itself.

    That process is there before any lock is taken: a fork shares those of its parent.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reader, 1)
        os.environ.update(env)
        os._exit(int(function() or 0))

    def begin():
        os.write(writer, b"!")
        time.sleep(0.1)

    yield begin
    assert os.waitpid(child, 0)[1] == 0


def test_a_directory_that_goes_at_once_is_whole_or_not_there(tmp_path, monkeypatch):
    code = tmp_path / "code"
    code.mkdir()
    (code / "module").touch()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "remove_tree", lambda _path: None)  # cut off before it has removed anything
        engine.remove_at_once(code)
    assert not code.exists()
    code.mkdir()
    engine.remove_at_once(code)
    engine.remove_at_once(code)
    assert list(tmp_path.iterdir()) == []


def test_where_systemd_does_not_answer_nothing_is_done_by_halves(cut_off, monkeypatch, capfd):
    journal = str(cut_off.root / "state/journal/daemon")
    before = cut_off.tree()
    with monkeypatch.context() as patch:
        patch.setattr(undo_units, "_PATIENCE", 0.0)
        patch.setitem(IN_PROCESS, "systemctl", lambda _words: (1, "Failed to connect to bus"))
        assert tool(cut_off, "rollback", journal) == 1
    assert "Failed to connect to bus" in capfd.readouterr().err
    assert cut_off.tree() == before
    assert tool(cut_off, "rollback", journal) == 0
    assert cut_off.config.read_text() == "old\n"
