"""The rules are made on the host and given to the kernel; it is as before again, and no record is lost over it."""

import json

import pytest
from ansible.module_utils.bongsu import audit_rules_host as made
from ansible.module_utils.bongsu import host
from ansible.module_utils.bongsu.component import manifest

STATUS = {
    "enabled": "0",
    "failure": "1",
    "pid": "0",
    "rate_limit": "0",
    "backlog_limit": "64",
    "backlog_wait_time": "9",
}
WANTED = {
    "failure": 1,
    "backlog_limit": 8192,
    "-w /etc/passwd -p wa": "identity",
    "-S sethostname,nosuchcall": "system-locale",
    "-F path={privileged} -F perm=x": "privileged",
    "enabled": 1,
}


class Kernel:
    """Stands for auditctl, augenrules and ausyscall."""

    def __init__(self):
        self.status, self.said, self.system = dict(STATUS), [], "running"

    def run(self, argv, **_):
        self.said.append(" ".join(argv))
        if argv == ["auditctl", "-s"]:
            return host.Output(0, "\n".join(f"{name} {value}" for name, value in self.status.items()))
        if argv[0] == "systemctl":
            return host.Output(0 if self.system == "running" else 1, self.system)
        if argv[0] == "ausyscall":
            return host.Output(0, "Using table:\n170\tsethostname")
        if argv[0] == "find":
            return host.Output(1, f"find: somewhere: Permission denied\n{self.program}\n/etc/passwd")
        return host.Output(0, "")


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    kernel, path = Kernel(), tmp_path / "controls"
    path.mkdir()
    kernel.program = tmp_path / "door"
    kernel.program.write_text("")
    kernel.program.chmod(0o4755)
    document = {"role": "audit_log", "controls": [{"id": "audit.x", "state": "applied", "audit": WANTED}]}
    (path / "audit_log.json").write_text(json.dumps(document))
    for name, place in (("RULES", "rules.d"), ("LOADED", "audit.rules"), ("LOGS", "log"), ("KEPT", "kept")):
        monkeypatch.setattr(made, name, tmp_path / place)
    monkeypatch.setattr(made, "RECORD", tmp_path / "state/audit.json")
    monkeypatch.setattr(made, "DEFAULT", str(tmp_path / "state"))
    monkeypatch.setattr(made, "CONTROLS", str(path))
    monkeypatch.setattr(made, "PROGRAMS", ())
    monkeypatch.setattr(made.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(host, "run", kernel.run)
    made.LOGS.mkdir()
    return kernel


def brought(*packages):
    path = made.RECORD.parent / "components"
    path.mkdir(parents=True, exist_ok=True)
    (path / "audit_log.json").write_text(json.dumps(manifest.empty("audit_log") | {"brought": packages}))


def test_the_rules_of_the_table_become_those_of_this_host(kernel):
    assert made.load() == 0
    lines = (made.RULES / made.LAST).read_text().splitlines()
    assert lines[1:5] == ["-D", "-f 1", "-b 8192", "-e 1"]
    assert lines[5:] == [
        "-w /etc/passwd -p wa -k identity",
        "-a always,exit -F arch=b64 -S sethostname -F key=system-locale",
        "-a always,exit -F arch=b32 -S sethostname -F key=system-locale",
        f"-a always,exit -F path={kernel.program} -F perm=x -F key=privileged",
    ]
    assert (made.RULES / made.FIRST).read_text().splitlines()[1:] == ["-c"]
    assert (made.RULES / made.LAST).stat().st_mode & 0o777 == 0o640
    assert kernel.said[-1] == "augenrules --load"
    assert made.written() == {str(kernel.program)}


def test_a_second_load_writes_nothing_and_remembers_how_it_was_at_first(kernel):
    made.load()
    before, record = (made.RULES / made.LAST).stat().st_ino, made.RECORD.read_text()
    kernel.status["backlog_limit"] = "8192"
    made.load()
    assert (made.RULES / made.LAST).stat().st_ino == before
    assert made.RECORD.read_text() == record


def test_the_kernel_is_as_before_and_so_are_the_files(kernel):
    made.load()
    made.LOADED.with_name("audit.rules.prev").write_text("")
    kernel.said.clear()
    assert made.give_back() == 0
    assert list(made.RULES.iterdir()) == []
    assert kernel.said[2:] == [
        *("auditctl -D", "augenrules --load"),
        *("auditctl -f 1", "auditctl -b 64", "auditctl -r 0", "auditctl --backlog_wait_time 9", "auditctl -e 0"),
    ]
    assert not made.RECORD.exists()
    assert not made.LOADED.with_name("audit.rules.prev").exists()


def test_a_host_that_goes_down_keeps_its_rules_to_the_end(kernel):
    made.load()
    kernel.system = "stopping"
    kernel.said.clear()
    assert made.give_back() == 0
    assert kernel.said == ["systemctl is-system-running"]
    assert made.RECORD.exists()


def test_locked_rules_stay_as_they_are(kernel, capsys):
    made.load()
    kernel.status["enabled"] = "2"
    kernel.said.clear()
    assert (made.load(), made.give_back()) == (0, 0)
    assert [said for said in kernel.said if said.startswith(("auditctl", "augenrules"))] == ["auditctl -s"] * 2
    assert not made.RECORD.exists()
    made.load()
    assert not made.RECORD.exists(), "what is locked is not how it was before"
    assert "locked" in capsys.readouterr().err


def test_what_the_kernel_refuses_is_said_and_the_rest_is_loaded(kernel, monkeypatch, capsys):
    words = "Error sending add rule data request (No such file or directory)\nThere was an error in line 7\nenabled 1"
    refusing = lambda argv, **how: host.Output(1, words) if argv[0] == "augenrules" else kernel.run(argv)  # noqa: E731
    monkeypatch.setattr(host, "run", refusing)
    assert made.load() == 0  # the controls tell which, and fail the run
    assert "bongsu: There was an error in line 7\n" in capsys.readouterr().err


def test_without_an_audit_nothing_is_made(kernel, monkeypatch, capsys):
    monkeypatch.setattr(made, "ask", lambda: "its root may not control it")
    assert (made.load(), made.give_back()) == (0, 0)
    assert not made.RULES.exists()
    assert "no audit here" in capsys.readouterr().out


def test_logs_stay_where_their_package_goes_and_only_there(kernel):
    log = made.LOGS / "audit.log"
    log.write_text("type=SYSCALL msg=audit(1:1)\n")
    made.load()
    brought()
    made.give_back()
    assert not made.KEPT.exists(), "the host's own package stays, and its logs"
    brought("auditd")
    made.load()
    made.give_back()
    assert [path.read_text() for path in made.KEPT.glob("*/*")] == [log.read_text()]
    log.rename(made.LOGS / "audit.log.1")
    made.load()
    assert not made.KEPT.exists(), "it was only restarted"
    made.give_back()
    (made.LOGS / "audit.log.1").unlink()  # as the package does
    made.load()
    assert [path.name for path in made.KEPT.glob("*/*")] == ["audit.log.1"]


def test_logs_on_a_file_system_of_their_own_are_copied(kernel, monkeypatch):
    (made.LOGS / "audit.log").write_text("type=SYSCALL msg=audit(1:1)\n")
    brought("auditd")

    def link(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(made.os, "link", link)
    made.load()
    made.give_back()
    assert [path.read_text() for path in made.KEPT.glob("*/*")] == ["type=SYSCALL msg=audit(1:1)\n"]
    made.load()
    assert not made.KEPT.exists()
