"""How each kind of setting is found out, from what the system itself says; and what a host cannot have."""

import pytest
from ansible.module_utils.bongsu import controls, controls_host, host
from ansible.module_utils.bongsu.effective import (
    apparmor,
    coredump,
    journald,
    limits,
    modprobe,
    mounts,
    sshd_newer,
    sysctl,
    systemd,
    texts,
)
from ansible.module_utils.bongsu.errors import BongsuError

READ_ONLY = "it cannot be set here (Read-only file system)"


@pytest.fixture
def proc(tmp_path, monkeypatch):
    """Stand for /proc/sys; root may write any file of a temporary directory, so refusals are made up where needed."""
    monkeypatch.setattr(sysctl, "ROOT", str(tmp_path))

    def write(**values):
        for name, value in values.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{value}\n")

    return write


def says(monkeypatch, status, text):
    asked = []
    monkeypatch.setattr(host, "run", lambda argv, **_how: asked.append(list(argv)) or host.Output(status, text))
    return asked


def test_a_setting_of_the_kernel_is_read_as_it_is_now(proc):
    proc(net__ipv4__tcp_syncookies=1, kernel__printk="4\t4 1 7")
    found = sysctl.look(["net.ipv4.tcp_syncookies", "kernel.printk", "kernel.unknown"])
    assert found["net.ipv4.tcp_syncookies"] == ["1"]
    assert found["kernel.printk"] == ["4", "4", "1", "7"]
    assert found["kernel.unknown"] == controls.Unavailable("is not known to this kernel")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"all": 0, "default": 0, "eth0": 0}, ["0"]),
        ({"all": 0, "default": 0, "eth0": 1}, ["0", "eth0=1"]),
        ({"all": 1, "default": 0, "eth0": 1, "lo": 2}, ["1", "default=0", "lo=2"]),
    ],
)
def test_of_a_setting_of_each_interface_the_odd_one_is_named(proc, values, words):
    proc(**{f"net__conf__{interface}__redirects": value for interface, value in values.items()})
    assert sysctl.look(["net.conf.*.redirects"]) == {"net.conf.*.redirects": words}


def test_an_interface_with_a_dot_is_named_with_slashes(proc):
    proc(**{"net__conf__eth0.7__redirects": 1})
    assert sysctl.look(["net/conf/eth0.7/redirects"]) == {"net/conf/eth0.7/redirects": ["1"]}
    assert sysctl.look(["net.conf.*.redirects"]) == {"net.conf.*.redirects": ["1"]}


def test_what_cannot_be_set_here_is_no_fault_unless_it_is_right_anyway(proc, monkeypatch):
    proc(kernel__a=0, kernel__b=1)
    monkeypatch.setattr(sysctl, "_refusal", lambda path: "Read-only file system")
    found = {"sysctl": sysctl.look(["kernel.a", "kernel.b"])}

    def judge(**sets):
        return controls.judge("kernel", {"id": "kernel.x", "state": "applied", "sysctl": sets}, found)

    told = judge(**{"kernel.a": 1, "kernel.b": 1})
    assert (told.state, told.words) == ("unavailable", (f"kernel.a is '0', and should be '1': {READ_ONLY}",))
    assert judge(**{"kernel.b": 1}).state == "applied"


def test_what_could_be_set_and_is_not_as_wanted_is_a_fault(proc):
    proc(kernel__a=0)
    found = {"sysctl": sysctl.look(["kernel.a"])}
    told = controls.judge("kernel", {"id": "kernel.x", "state": "applied", "sysctl": {"kernel.a": 1}}, found)
    assert (told.state, told.words) == ("ineffective", ("kernel.a is '0', and should be '1'",))


def test_whether_it_can_be_set_is_found_out_without_setting_it(tmp_path):
    path = tmp_path / "a"
    path.write_text("1\n")
    before = path.stat()
    assert sysctl._refusal(str(path)) == ""
    assert (path.read_text(), path.stat().st_mtime_ns) == ("1\n", before.st_mtime_ns)
    assert sysctl._refusal("/proc/sys/kernel/ostype") != ""  # the real kernel refuses it, even to root


@pytest.mark.parametrize(
    ("status", "text", "word"),
    [
        (0, "install /bin/false ", "off"),
        (0, "install /usr/bin/true", "off"),
        (0, "install /sbin/modprobe --ignore-install sctp", "on"),
        (0, "insmod /lib/modules/6.1/crc.ko \ninsmod /lib/modules/6.1/sctp.ko ", "on"),
        (0, "", "on"),
        (1, "modprobe: FATAL: Module udf not found in directory /lib/modules/6.1", "off"),
        (1, "modprobe: ERROR: something else", "on"),
    ],
)
def test_a_module_is_off_only_where_modprobe_says_so(status, text, word):
    assert modprobe.read(status, text) == word


@pytest.mark.parametrize(
    ("together", "one_by_one"),
    [
        ("install /bin/false \ninstall /bin/true", False),
        ("install /bin/false \nmodprobe: WARNING: Module sctp not found in directory /lib/modules/6.1", False),
        ("install /bin/false", True),
        ("install /bin/false \ninsmod /lib/modules/6.1/sctp.ko", True),
        ("install /bin/false \nmodprobe: ERROR: something else", True),
    ],
)
def test_modules_are_asked_for_one_by_one_unless_all_are_off(tmp_path, monkeypatch, together, one_by_one):
    def run(argv):
        asked.append(argv[3:])
        return host.Output(0, together if argv[3] == "--all" else "insmod /lib/modules/6.1/a.ko")

    asked = []
    monkeypatch.setattr(modprobe, "MODULES", tmp_path)
    monkeypatch.setattr(modprobe.host, "run", run)
    words = modprobe.look(["dccp", "sctp"])
    assert words == {name: ["on" if one_by_one else "off"] for name in ("dccp", "sctp")}
    assert asked == [["--all", "dccp", "sctp"], *([["dccp"], ["sctp"]] if one_by_one else [])]


@pytest.mark.parametrize(
    ("made", "why"), [("sctp/initstate", "is loaded already"), ("sctp/parameters", "is a part of")]
)
def test_a_module_that_is_in_the_kernel_already_is_told(tmp_path, monkeypatch, made, why):
    monkeypatch.setattr(modprobe, "MODULES", tmp_path)
    says(monkeypatch, 0, "install /bin/false")
    assert modprobe.look(["sctp"]) == {"sctp": ["off"]}
    (tmp_path / made).mkdir(parents=True)
    assert modprobe.look(["sctp"])["sctp"].why.startswith(why)


def test_without_modprobe_nobody_can_tell(monkeypatch):
    says(monkeypatch, 127, "modprobe: No such file or directory")
    with pytest.raises(BongsuError, match="modprobe: No such file"):
        modprobe.look(["sctp"])


def test_limits_are_those_of_a_session(monkeypatch):
    asked = says(monkeypatch, 0, "AS unlimited\nCORE 0\nNOFILE 1048576")
    assert limits.look(["core"]) == {"as": ["unlimited"], "core": ["0"], "nofile": ["1048576"]}
    assert asked[0][:2] == ["runuser", "nobody"]
    says(monkeypatch, 1, "runuser: cannot open session")
    with pytest.raises(BongsuError, match="cannot open session"):
        limits.look(["core"])


def test_systemd_is_asked_once_about_itself_and_once_about_a_unit(monkeypatch):
    asked = []

    def run(argv):
        asked.append(argv[2:])
        return host.Output(0, "ProtectSystem=strict\nNoNewPrivileges=yes" if len(argv) > 3 else "DefaultLimitCORE=0")

    monkeypatch.setattr(host, "run", run)
    found = systemd.look(["DefaultLimitCORE", "a.service/ProtectSystem", "a.service/NoNewPrivileges"])
    assert asked == [["--property=DefaultLimitCORE"], ["--property=NoNewPrivileges,ProtectSystem", "a.service"]]
    assert found == {
        "defaultlimitcore": ["0"],
        "a.service/protectsystem": ["strict"],
        "a.service/nonewprivileges": ["yes"],
    }


def test_of_what_configures_dumps_the_last_word_counts(monkeypatch, tmp_path):
    text = "[Coredump]\n#Storage=external\nStorage=journal\n\n# /etc/systemd/zz.conf\n[Coredump]\nStorage=none\n"
    assert coredump.read(text) == {"storage": ["none"]}
    monkeypatch.setattr(coredump, "PROGRAM", str(tmp_path / "absent"))
    assert coredump.look(["Storage", "ProcessSizeMax"]) == {"storage": ["none"], "processsizemax": ["0"]}


def test_a_person_is_told_what_a_host_cannot_have_after_what_is_wrong():
    verdicts = [
        controls.Verdict("kernel", "kernel.a", "unavailable", ("x is not known to this kernel",)),
        controls.Verdict("kernel", "kernel.b", "ineffective", ("y is '1', and should be '0'",)),
    ]
    missing = "not here: kernel.a: x is not known to this kernel"
    assert controls_host._lines(verdicts) == ["kernel.b: y is '1', and should be '0'", missing]
    assert controls_host._lines(verdicts[:1]) == ["1 controls, each in effect, waived or not to be had here", missing]


def test_an_option_that_sshd_does_not_name_is_none_of_this_release(monkeypatch):
    printed = "persourcepenaltyexemptlist none\nport 22\n"
    monkeypatch.setattr(host, "run", lambda _argv, **_how: host.Output(0, printed))
    found = sshd_newer.look(["PerSourcePenaltyExemptList", "Newest"])
    assert found["persourcepenaltyexemptlist"] == ["none"]
    control = {"id": "ssh.exempt", "state": "applied", "sshd_newer": {"Newest": "yes"}}
    told = controls.judge("ssh_server", control, {"sshd_newer": found})
    assert (told.state, told.words) == ("unavailable", ("Newest is no option of this release of sshd",))


MOUNTS = """\
21 20 0:5 / / rw,relatime - ext4 /dev/vda1 rw
22 21 0:6 / /shared rw,nosuid - tmpfs tmpfs rw
23 22 0:7 / /shared rw,noexec,nosuid,nodev,relatime shared:9 - tmpfs tmpfs rw,size=64000k
"""


def test_of_mounts_over_each_other_the_last_counts():
    found = mounts.judge(["/shared", "/", "/srv"], MOUNTS, in_container=False)
    assert found["/shared"] == ["noexec", "nosuid", "nodev"]
    assert found["/"] == []
    assert found["/srv"] == controls.Unavailable("is no file system of its own here")


def test_what_a_container_is_given_is_no_fault_of_it():
    found = mounts.judge(["/"], MOUNTS, in_container=True)
    assert found == {"/": controls.Fixed([], "the container's host mounts it")}


@pytest.mark.parametrize(
    ("enabled", "profiles", "words"),
    [("Y", "chronyd (enforce)\n", ["yes", "loaded"]), ("Y", "", ["yes", "none"]), ("N", None, ["no", "none"])],
)
def test_apparmor_is_asked_of_the_kernel(tmp_path, monkeypatch, enabled, profiles, words):
    monkeypatch.setattr(mounts, "CONTAINER", tmp_path / "container")
    monkeypatch.setattr(apparmor, "ENABLED", tmp_path / "enabled")
    monkeypatch.setattr(apparmor, "PROFILES", tmp_path / "profiles")
    assert apparmor.look(["enabled"]) == {"enabled": controls.Unavailable("is not known to this kernel")}
    (tmp_path / "enabled").write_text(f"{enabled}\n")
    if profiles is not None:
        (tmp_path / "profiles").write_text(profiles)
    assert apparmor.look(["enabled", "profiles"]) == {"enabled": [words[0]], "profiles": [words[1]]}
    (tmp_path / "container").touch()
    assert isinstance(apparmor.look(["enabled"])["enabled"], controls.Unavailable)


def test_a_journal_that_is_not_on_disk_is_in_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(journald, "DISK", tmp_path)
    says(monkeypatch, 0, "[Journal]\nStorage=auto\n#Compress=no\n[Journal]\nStorage=persistent\nCompress=yes\n")
    assert journald.look(["Storage"])["storage"] == ["volatile"]
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine/system.journal").touch()
    assert journald.look(["Storage"]) == {"storage": ["persistent"], "compress": ["yes"]}


def test_a_text_is_compared_as_a_whole(tmp_path):
    text = tmp_path / "issue"
    text.write_text("Private, and watched.\n")
    found = texts.look([str(text), "/nowhere"])
    assert found == {str(text).lower(): ["Private, and watched."]}
    control = {"id": "a.b", "state": "applied", "texts": {str(text): "Private, and watched."}}
    assert controls.judge("a", control, {"texts": found}).state == "applied"
    control["texts"][str(text)] = "watched. Private, and"
    assert controls.judge("a", control, {"texts": found}).state == "ineffective"
