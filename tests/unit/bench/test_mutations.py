"""What the benchmark `drift` does to a host: every way is made of the manifests, and is dealt in turn."""

import random
import shlex
import subprocess

import pytest

from bongsu.bench.drift import Trial
from bongsu.bench.mutations import Deck, Mutation, possible

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def entry(dest, state="file", on_change="reload", units=("web.service",), sha256="0" * 64):
    return {"dest": dest, "state": state, "on_change": on_change, "units": list(units), "sha256": sha256}


def unit(name, started=True, enabled=True, masked=False):
    return {"name": name, "started": started, "enabled": enabled, "masked": masked}


WEB = {
    "component": "web",
    "packages": [{"name": "nginx", "version": None}],
    "files": [
        entry("/etc/web", "directory"),
        entry("/etc/web/a b.conf"),
        entry("/etc/web/empty", on_change="none", sha256=EMPTY),
        entry("/etc/web/gone", "absent"),
    ],
    "units": [unit("web.service")],
}
OWN = {
    "component": "own",
    "packages": [],
    "files": [entry("/etc/systemd/system/own.timer", on_change="none")],
    "units": [unit("own.timer"), unit("boot.service", started=False)],
}


def every():
    return [mutation for mutations in possible([WEB, OWN]).values() for mutation in mutations]


def test_every_kind_of_drift_has_its_ways():
    whats = {"content", "owner", "group", "mode", "missing", "kind", "package_absent", "package_version", "unread"}
    assert {one.what for one in every()} == whats | {"unit_disabled", "unit_stopped", "unit_masked", "dropin"}
    assert len(possible([WEB, OWN])) >= 28


@pytest.mark.parametrize("mutation", every(), ids=lambda one: f"{one.resource} {one.way}")
def test_every_script_can_be_run(mutation):
    for script in (mutation.script, mutation.healed):
        done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "{}" not in script
    assert shlex.quote(mutation.resource) in mutation.script or mutation.what in ("unread", "dropin")


@pytest.mark.parametrize(
    ("way", "resources"),
    [
        ("emptied", {"/etc/web/a b.conf", "/etc/systemd/system/own.timer"}),  # the empty one would stay as it is
        ("changed, unit restarted", {"/etc/web/a b.conf"}),
        ("masked", {"web.service", "boot.service"}),  # not what is defined in /etc: systemctl refuses that
        ("stopped", {"web.service", "own.timer"}),
        ("directory given away", {"/etc/web"}),
        ("limited", {"/etc/systemd/system.control/web.service.d/50-TasksMax.conf"}),
        ("redefined", {"/etc/systemd/system/web.service"}),
    ],
)
def test_what_a_way_can_be_done_to(way, resources):
    assert {one.resource for one in possible([WEB, OWN])[way]} == resources


def test_nothing_is_done_to_what_is_wanted_absent():
    assert [one for one in every() if one.resource == "/etc/web/gone"] == []


def test_the_way_in_is_never_closed():
    """Nobody could repair it from afar; what else can be done to it is done."""
    ssh = {
        "component": "ssh_server",
        "packages": [{"name": "openssh-server", "version": None}],
        "files": [entry("/etc/ssh/sshd_config.d/a.conf", units=["ssh.service"])],
        "units": [unit("ssh.service")],
    }
    ways = possible([ssh])
    assert not ways.keys() & {"purged", "stopped", "masked", "masked and stopped", "masked until reboot", "redefined"}
    assert {"downgraded", "disabled", "overridden", "emptied", "changed, unit restarted"} <= ways.keys()
    assert "sleep" not in ways["overridden"][0].script


def test_of_a_file_that_is_only_edited_what_is_wanted_is_spoiled_and_nobody_is_shut_out():
    settings = entry("/etc/login.defs") | {"edit": {"settings": {"values": {"UMASK": "027"}}}, "mode": None}
    mode = entry("/etc/crontab") | {"edit": {"nothing": {}}, "mode": "0600"}
    stack = entry("/etc/pam.d/common-auth") | {"edit": {"pam": {}}, "mode": None}
    ways = possible([{"component": "accounts", "packages": [], "files": [settings, mode, stack], "units": []}])
    kinds = {"deleted", "moved and linked", "linked to nothing", "made a directory"}
    assert {way for way, ones in ways.items() if settings["dest"] in {one.resource for one in ones}} == {
        *("replaced", "emptied"),
        *kinds,
    }
    assert {way for way, ones in ways.items() if mode["dest"] in {one.resource for one in ones}} == {
        "of another mode",
        *kinds,
    }
    assert stack["dest"] not in {one.resource for ones in ways.values() for one in ones}


def dealt(seed, count):
    hosts = {"a": possible([WEB]), "b": possible([OWN])}
    deck = Deck(random.Random(seed), hosts)  # noqa: S311  # repeatable on purpose, and hides nothing
    return [deck.deal(host) for host, _ in zip(["a", "a", "b"] * count, range(count), strict=False)]


def test_the_same_seed_deals_the_same_and_another_another():
    assert dealt(1, 60) == dealt(1, 60)
    assert dealt(1, 60) != dealt(2, 60)


def test_every_way_comes_up():
    assert {one.way for one in dealt(3, 120)} == set(possible([WEB])) | set(possible([OWN]))


def test_a_trial_tells_what_went_wrong():
    mutation = Mutation("masked", "web", "web.service", "unit_masked", "")
    assert Trial("server1", mutation, found=True).good
    unseen = Trial("server1", mutation, left=["still web.service unit_masked"])
    assert not unseen.good
    assert str(unseen) == (
        "server1: web.service (web) masked; drift did not say unit_masked; still web.service unit_masked"
    )
    assert not Trial("server1", mutation, found=True, left=["x"]).good
