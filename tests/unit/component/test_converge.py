"""The component module changes a host, is silent the second time, predicts in check mode, and repairs."""

import os
import time


def test_changes_then_is_silent(host):
    wanted = host.file(content="a = 1\n", mode="0640")
    first = host.converge(wanted)
    assert first["changed"]
    assert first["actions"] == [
        f"created {host.config}",
        "enabled daemon.service: was not enabled",
        "restarted daemon.service: was not running",
    ]
    assert host.config.read_text() == "a = 1\n"
    assert host.config.stat().st_mode & 0o777 == 0o640
    host.forget_calls()
    second = host.converge(wanted)
    assert not second["changed"]
    assert second["actions"] == []
    assert host.calls() == []


def test_check_mode_predicts_and_writes_nothing(host):
    wanted = host.file(content="a = 1\n")
    predicted = host.converge(wanted, check=True)
    assert predicted["changed"]
    assert host.tree() == {}
    assert host.calls() == []
    assert not (host.root / "state").exists()
    assert host.converge(wanted)["actions"] == predicted["actions"]
    assert not host.converge(wanted, check=True)["changed"]


def test_diff_shows_text_and_hides_secrets(host):
    host.config.write_text("password = old-password\n")
    shown = host.converge(host.file(content="password = new-password\n"), check=True)["diff"][0]
    assert shown["before"] == "password = old-password\n"
    assert shown["after"] == "password = new-password\n"
    hidden = host.converge(host.file(content="password = new-password\n", secret=True), check=True)
    assert "password = " not in str(hidden)
    assert hidden["diff"][0]["before"] != hidden["diff"][0]["after"]


def test_attributes_alone_are_adjusted(host):
    host.converge(host.file(content="a\n", mode="0644"))
    host.config.chmod(0o666)
    result = host.converge(host.file(content="a\n", mode="0644"))
    assert result["actions"][0] == f"adjusted {host.config}"
    assert host.config.stat().st_mode & 0o777 == 0o644


def test_reload_is_used_for_a_running_unit(host):
    host.converge(host.file(content="a\n"))
    host.forget_calls()
    host.converge(host.file(content="b\n"))
    assert host.calls() == ["reload-or-restart daemon.service"]


def test_restart_where_the_file_asks_for_it_and_nothing_where_it_asks_for_none(host):
    host.converge(host.file(content="a\n", on_change="restart"))
    host.forget_calls()
    host.converge(host.file(content="b\n", on_change="restart"))
    assert host.calls() == ["reset-failed daemon.service", "restart daemon.service"]
    host.forget_calls()
    host.converge(host.file(content="c\n", on_change="none"))
    assert host.calls() == []


def test_a_stopped_unit_is_started_and_a_disabled_one_enabled(host):
    host.converge(host.file(content="a\n"))
    host.set_unit(active="failed", file="disabled")
    assert host.converge(host.file(content="a\n"))["changed"]
    assert (host.unit()["active"], host.unit()["file"]) == ("active", "enabled")


def test_a_unit_older_than_its_file_is_acted_on_though_the_file_is_right(host):
    host.converge(host.file(content="a\n", on_change="restart"))
    host.config.write_text("b\n")  # somebody wrote the very content that is wanted next, and restarted nothing
    host.forget_calls()
    result = host.converge(host.file(content="b\n", on_change="restart"))
    assert result["actions"] == [
        f"restarted daemon.service: it has not read {host.config}",
        "recorded the manifest",
    ] or result["actions"] == [f"restarted daemon.service: it has not read {host.config}"]
    assert "restart daemon.service" in host.calls()
    assert not host.converge(host.file(content="b\n", on_change="restart"))["changed"]


def test_a_unit_restarted_by_hand_after_its_file_changed_is_left_alone(host):
    host.converge(host.file(content="a\n"))
    now = time.strftime("%a %Y-%m-%d %H:%M:%S.500000 UTC", time.gmtime(time.time() + 1))
    host.set_unit(invocation="another", started=now)
    assert not host.converge(host.file(content="a\n"))["changed"]


def test_without_a_record_the_times_decide(host):
    host.config.write_text("a\n")
    os.utime(host.config, (2_000_000_000, 2_000_000_000))
    host.set_unit(active="active", file="enabled", invocation="i", started="Mon 2026-11-23 12:00:00.000000 UTC")
    assert "restarted daemon.service" in str(host.converge(host.file(content="a\n", on_change="restart"))["actions"])


def test_a_file_no_longer_listed_is_removed(host):
    extra = host.root / "etc/extra.conf"
    host.converge(host.file(content="a\n"), host.file(str(extra), content="x\n"))
    result = host.converge(host.file(content="a\n"))
    assert f"removed {extra}" in result["actions"]
    assert not extra.exists()
    assert not host.converge(host.file(content="a\n"))["changed"]


def test_directories_are_made_before_their_files_and_links_can_be_removed(host):
    sub, link = host.root / "etc/sub", host.root / "etc/link"
    link.symlink_to("/nowhere")
    files = (
        host.file(str(sub), state="directory", mode="0750"),
        host.file(str(sub / "a"), content="a\n"),
        host.file(str(link), state="absent"),
    )
    assert host.converge(*files)["changed"]
    assert sub.stat().st_mode & 0o777 == 0o750
    assert (sub / "a").read_text() == "a\n"
    assert not link.is_symlink()
    assert not host.converge(*files)["changed"]


def test_masked_and_stopped_units(host):
    host.set_unit(active="active", file="enabled", invocation="i", started="Mon 2026-11-23 12:00:00.000000 UTC")
    host.converge(units=[{"name": "daemon.service", "masked": True}])
    assert (host.unit()["active"], host.unit()["file"]) == ("inactive", "masked")
    assert not host.converge(units=[{"name": "daemon.service", "masked": True}])["changed"]
    host.converge(units=[{"name": "daemon.service", "enabled": False, "state": "stopped"}])
    assert host.unit()["file"] == "disabled"


def test_the_manifest_says_what_was_placed_and_what_the_unit_has_read(host):
    host.converge(host.file(content="a\n", mode="0600"))
    manifest = host.manifest()
    assert manifest["files"][0]["mode"] == "0600"
    assert manifest["running"]["daemon.service"]["invocation"] == host.unit()["invocation"]
    assert set(manifest["running"]["daemon.service"]["files"]) == {str(host.config)}
