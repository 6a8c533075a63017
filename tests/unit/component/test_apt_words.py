"""What apt-get and dpkg print, and what is read from it."""

import pytest
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu.component import apt
from ansible.module_utils.bongsu.component.packages import (
    Coming,
    PackagePlan,
    parse_conffiles,
    parse_removal,
    parse_simulation,
    parse_status,
    plan,
)
from ansible.module_utils.bongsu.component.spec import PackageSpec

SIMULATED = """\
Reading package lists...
The following NEW packages will be installed:
  Inst-a (not a line of the plan)
Inst libc6 [2.36-9+deb12u9] (2.36-9+deb12u10 Debian:12.12/oldstable [amd64]) [libc6:i386 on libc6:amd64]
Inst libc6:i386 (2.36-9+deb12u10 Debian:12.12/oldstable [i386])
Inst nginx-common (1.22.1-9 Debian:12.12/oldstable [all])
Inst nginx (1.22.1-9 Debian:12.12/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Conf nginx (1.22.1-9 Debian:12.12/oldstable [amd64])
"""
REMOVED = """\
The following packages will be REMOVED:
  nginx*
Purg nginx [1.22.1-9] [task:amd64 ]
Remv nginx-common [1.22.1-9]
Purg libc6:i386 [2.36-9+deb12u10]
"""
STATUS = """\
Package: held
Status: hold ok installed
Version: 1:2.0-1
Conffiles:
 /etc/held.conf 0123456789abcdef
 /etc/held/old.conf 0123456789abcdef obsolete
Description: says
 /etc/passwd is no conffile of it

Package: rest
Status: deinstall ok config-files
Version: 1.0
Conffiles:
 /etc/rest.conf 0123456789abcdef

Package: fine
Status: install ok installed
Version: 3.0
"""


def test_what_would_come_is_told_apart_from_what_would_be_replaced():
    coming = parse_simulation(SIMULATED)
    assert coming == Coming(("libc6:i386", "nginx", "nginx-common"), {"libc6": "2.36-9+deb12u9"})


def test_a_package_of_another_architecture_is_not_taken_for_the_hosts_own():
    assert parse_removal(REMOVED) == {"nginx", "nginx-common", "libc6:i386"}


def test_the_status_file():
    status = parse_status(STATUS)
    assert status.versions == {"held": "1:2.0-1", "fine": "3.0"}
    assert (status.held, status.remnants, status.unfinished) == ({"held"}, {"rest"}, False)
    assert parse_status(STATUS + "\nPackage: x\nStatus: install reinstreq half-installed\n").unfinished


def test_one_of_another_architecture_hides_no_package_of_the_hosts_own():
    """Both have the same name in dpkg's file, and the last would win."""
    stanza = "\nPackage: {}\nStatus: {} ok {}\nArchitecture: {}\nVersion: {}\n"
    own = stanza.format("dpkg", "install", "installed", "amd64", "1.22")
    gone = stanza.format("lib", "deinstall", "config-files", "amd64", "1.0")
    foreign = stanza.format("lib", "install", "installed", "i386", "1.0")
    status = parse_status(STATUS + own + gone + foreign)
    assert "lib" not in status.versions
    assert (status.versions["lib:i386"], status.versions["dpkg"], status.remnants) == ("1.0", "1.22", {"rest", "lib"})
    alone = parse_status(STATUS + own + foreign)  # as wine32 is: whoever asks for it by its name has it
    assert alone.versions["lib"] == "1.0"


def test_whose_a_configuration_file_is():
    owners = parse_conffiles(STATUS)
    assert owners == {"/etc/held.conf": "held", "/etc/held/old.conf": "held", "/etc/rest.conf": "rest"}


def test_a_package_without_a_last_version_is_compared_with_nothing():
    never = {"fine": None}
    asked = []
    status = parse_status(STATUS)
    wanted = [PackageSpec("fine")]
    planned = plan(wanted, status, never, [], is_older=lambda has, last: bool(asked.append((has, last))))
    assert (planned, asked) == (PackagePlan(), [("3.0", "3.0")])


@pytest.mark.parametrize(("replaced", "suspended"), [({}, True), ({"lib": "1.0"}, False)])
def test_needrestart_looks_only_where_something_was_replaced(monkeypatch, replaced, suspended):
    environments = []

    def run(argv, timeout=None, env=None):
        environments.append(env)
        return engine.Output(0, "")

    monkeypatch.setattr(engine, "run", run)
    apt.install(Coming(new=("daemon",), replaced=replaced), ["daemon"])
    assert ("NEEDRESTART_SUSPEND" in environments[0]) is suspended
