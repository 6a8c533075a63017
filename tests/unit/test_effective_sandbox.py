"""Whether a service is kept in: what systemd has loaded, and what its process really runs with."""

import os
from dataclasses import dataclass

import pytest
from ansible.module_utils.bongsu import controls, host
from ansible.module_utils.bongsu.component.units import UnitState
from ansible.module_utils.bongsu.effective import sandbox
from ansible.module_utils.bongsu.mounts import Mounts
from ansible.module_utils.bongsu.processes import CAPABILITIES, Process

UNIT = "web.service"
SETS = {
    "@system-service": frozenset({"read", "write", "chown", "setpriority"}),
    "@clock": frozenset({"adjtimex"}),
    "@privileged": frozenset({"chown", "reboot", "adjtimex"}),
    "@resources": frozenset({"setpriority"}),
}
HOST_MOUNTS = "20 1 0:1 / / rw - overlay x rw\n21 20 0:2 / /proc rw - proc x rw\n"
OWN_MOUNTS = """\
30 1 0:1 / / ro - overlay x rw
31 30 0:2 / /proc rw - proc x rw
32 30 0:1 /var/lib/web /var/lib/web rw - overlay x rw
33 30 0:1 / /srv/a\\040b rw - overlay x rw
"""


@dataclass
class Made:
    mountinfo: str = OWN_MOUNTS
    no_new_privileges: bool = True
    is_filtered: bool = True
    bounding: frozenset = frozenset()
    effective_mask: int = 1 << CAPABILITIES.index("CAP_SYS_ADMIN")
    runs: bool = True


FIRST = Made(HOST_MOUNTS)


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        (["read", "write"], ["@system-service", "~@privileged", "~@resources"]),
        (["read", "chown"], ["@system-service", "~@resources"]),
        (["read", "adjtimex"], ["@system-service", "@clock", "~@privileged", "~@resources"]),
        (["read", "chown", "adjtimex"], ["@system-service", "@clock", "~@resources"]),
        (["read", "kexec_load"], ["@system-service", "kexec_load", "~@privileged", "~@resources"]),
        (["read:1"], ["@system-service", "~@privileged", "~@resources"]),
        (["~reboot"], ["~reboot"]),
        ([], []),
    ],
)
def test_a_list_of_calls_is_said_by_sets_and_what_is_beyond_them_by_name(calls, words):
    assert sandbox.filter_words(calls, SETS) == words


def test_a_set_has_the_calls_of_the_sets_in_it():
    text = "@privileged\n    # All\n    @clock\n    chown\n\n@clock\n    # Clock\n    adjtimex\n@default\n    read\n"
    assert sandbox.read_sets(text)["@privileged"] == {"adjtimex", "chown"}
    assert sandbox.read_sets(text)["@system-service"] == frozenset()


@pytest.mark.parametrize(
    ("path", "read_only"),
    [("/etc", True), ("/", True), ("/var/lib/web/data", False), ("/var/lib/website", True), ("/srv/a b/c", False)],
)
def test_the_deepest_mount_decides_whether_a_path_takes_writes(path, read_only):
    assert Mounts(OWN_MOUNTS).is_read_only(path) is read_only


def test_of_two_mounts_at_one_point_the_later_counts():
    assert Mounts("1 0 0:1 / / rw - x x rw\n2 1 0:1 / / ro - x x rw\n").is_read_only("/etc")


@pytest.mark.parametrize(
    ("directive", "value", "process", "words"),
    [
        ("ProtectSystem", "strict", Made(), ""),
        ("ProtectSystem", "strict", Made(OWN_MOUNTS.replace("/ / ro", "/ / rw")), "can write to /usr, /etc, /var, /"),
        ("ProtectSystem", "strict", Made(HOST_MOUNTS), "sees the host's file systems as they are"),
        ("ProtectSystem", "no", Made(HOST_MOUNTS), ""),
        ("ReadWritePaths", "-/var/tmp", Made(), "cannot write to /var/tmp"),  # of this very machine
        ("ReadWritePaths", "/nowhere", Made(), ""),
        ("NoNewPrivileges", "yes", Made(no_new_privileges=False), "runs without NoNewPrivileges"),
        ("LockPersonality", "yes", Made(is_filtered=False), "runs without a filter of system calls"),
        ("LockPersonality", "no", Made(is_filtered=False), ""),
        ("CapabilityBoundingSet", "none", Made(bounding=frozenset({"CAP_BPF"})), "runs with CAP_BPF"),
        ("CapabilityBoundingSet", "cap_bpf", Made(bounding=frozenset({"CAP_BPF"})), ""),
        ("UMask", "0027", Made(HOST_MOUNTS), ""),
    ],
)
def test_the_process_is_held_against_its_unit(directive, value, process, words):
    told = sandbox.runs_with(UNIT, directive, {directive: [value]}, process, FIRST)
    assert told == (f"{UNIT} {words}" if words else "")


def test_in_a_container_that_may_not_mount_what_needs_mounts_is_not_to_be_had():
    bound = Made(HOST_MOUNTS, effective_mask=0)
    told = sandbox.runs_with(UNIT, "ProtectHome", {"ProtectHome": ["yes"]}, bound, bound)
    assert told == controls.Unavailable("cannot be had: this container may not mount")
    assert sandbox.runs_with(UNIT, "LockPersonality", {"LockPersonality": ["yes"]}, bound, bound) == ""


def state(**values):
    plain = {"found": True, "active": True, "failed": False, "enabled": True, "can_enable": True, "masked": False}
    return UnitState(UNIT, **{**plain, "invocation": "", "needs_daemon_reload": False, "started_at": 1000.0, **values})


@pytest.fixture
def look(monkeypatch, tmp_path):
    """Have systemd say what it likes of a unit whose process is this very test, or none."""

    def looked(shown, names=("NoNewPrivileges",), **values):
        monkeypatch.setattr(host, "unit_states", lambda names: {UNIT: state(**values)})
        monkeypatch.setattr(host, "ask", lambda command: shown)
        monkeypatch.setattr(sandbox, "DROP_IN", str(tmp_path / "{unit}.conf"))
        return sandbox.look([f"{UNIT}/{name}" for name in names])

    return looked


def test_a_unit_that_is_not_here_is_no_fault(look):
    (found,) = look("Id=web.service\n", found=False, active=False).values()
    assert isinstance(found, controls.Unavailable)


def test_a_unit_that_does_not_run_has_what_is_loaded(look):
    shown = "Id=web.service\nNoNewPrivileges=yes\nCapabilityBoundingSet=\nMainPID=0\n"
    found = look(shown, ("NoNewPrivileges", "CapabilityBoundingSet"), active=False)
    assert found == {f"{UNIT}/nonewprivileges": ["yes"], f"{UNIT}/capabilityboundingset": ["none"]}


def test_what_was_placed_after_the_start_is_not_in_effect(look, tmp_path):
    path = tmp_path / f"{UNIT}.conf"
    path.touch()
    shown = f"Id=web.service\nUMask=0022\nMainPID={os.getpid()}\n"
    (found,) = look(shown, ("UMask",)).values()
    assert found == controls.Unknown(f"{UNIT} has not been restarted since its sandbox was placed")
    os.utime(path, (900, 900))
    assert look(shown, ("UMask",)) == {f"{UNIT}/umask": ["0022"]}


def test_what_systemd_has_not_read_is_not_in_effect(look):
    (found,) = look("Id=web.service\nNoNewPrivileges=yes\n", needs_daemon_reload=True).values()
    assert "systemctl daemon-reload" in found.why


def test_this_very_process_is_seen_as_it_is():
    me = Process(os.getpid())
    assert me.runs
    assert me.user == os.geteuid()
    assert not Process(2**22 + 1).runs
    assert Mounts(me.mountinfo).ids
