"""What a component's controls are for counts, not only its files: a run sees that they are not in effect, and acts."""

import json

import pytest
from ansible.module_utils.bongsu import controls, controls_host, state


@pytest.fixture
def live(host, monkeypatch):
    """Give the daemon a setting that somebody can change while it runs; a reload or restart brings it back."""
    path = host.root / "live"
    path.write_text("4")
    for name, value in host.env.items():  # some of these tests ask without a module
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(controls_host.LOOK, "live", lambda names: {name.lower(): [path.read_text()] for name in names})
    return path


@pytest.fixture
def wanted(host):
    def files(limit="4", on_change="reload", **control):
        document = {
            "role": "daemon",
            "controls": [{"id": "daemon.limit", "state": "applied", "live": {"Limit": limit}}],
        }
        document["controls"][0] |= control
        return (
            host.file(host.root / "etc/controls", state="directory"),
            host.file(host.root / "etc/controls/daemon.json", content=json.dumps(document), on_change="none"),
            host.file(content=f"limit {limit}\n", on_change=on_change),
        )

    return files


@pytest.fixture
def obedient(host, live, monkeypatch):
    """Have the daemon set what its file says whenever it is acted on."""
    from ansible.module_utils.bongsu import host as engine

    run = engine.run

    def run_and_apply(argv, timeout=120.0, env=None):
        done = run(argv, timeout, env)
        if argv[0] == "systemctl" and {"restart", "reload-or-restart"} & {*argv} and host.config.exists():
            live.write_text(host.config.read_text().split()[-1])
        return done

    monkeypatch.setattr(engine, "run", run_and_apply)
    return live


def answer(host):
    return state.look(str(host.root / "state"))


@pytest.mark.parametrize(
    ("on_change", "calls"),
    [
        ("reload", ["reload-or-restart daemon.service"]),
        ("restart", ["reset-failed daemon.service", "restart daemon.service"]),
    ],
)
def test_the_unit_is_acted_on_though_every_file_is_right(host, wanted, obedient, on_change, calls):
    host.converge(*wanted(on_change=on_change))
    assert not host.converge(*wanted(on_change=on_change))["changed"]
    obedient.write_text("99")
    host.forget_calls()
    predicted = host.converge(*wanted(on_change=on_change), check=True)
    assert predicted["changed"]
    assert host.calls() == []
    assert obedient.read_text() == "99"
    done = host.converge(*wanted(on_change=on_change))
    assert done["actions"] == predicted["actions"]
    assert done["actions"][0].endswith("daemon.service: not in effect: daemon.limit")
    assert host.calls() == calls
    assert obedient.read_text() == "4"
    assert not host.converge(*wanted(on_change=on_change))["changed"]


def test_what_defines_a_unit_does_not_have_it_restarted_where_a_reload_does(host, wanted, obedient):
    """A firewall that is stopped for a moment is an open host."""
    directory = host.root / "etc/systemd/system/daemon.service.d"
    drop_in = host.file(directory / "own.conf", content="[Service]\n", on_change="restart", units=["daemon.service"])
    files = (*wanted(), host.file(directory, state="directory"), drop_in)
    host.converge(*files)
    obedient.write_text("99")
    host.forget_calls()
    assert "failed" not in host.converge(*files)
    assert host.calls() == ["reload-or-restart daemon.service"]
    assert obedient.read_text() == "4"


def test_a_unit_that_reads_nothing_of_the_component_is_left_alone(host, wanted, obedient):
    host.set_unit("other.service", active="active", file="enabled", config="")
    units = [{"name": "daemon.service"}, {"name": "other.service"}]
    files = [{**file, "units": ["daemon.service"]} for file in wanted()]
    host.converge(*files, units=units)
    obedient.write_text("99")
    host.forget_calls()
    host.converge(*files, units=units)
    assert host.calls() == ["reload-or-restart daemon.service"]


def test_what_acting_does_not_bring_into_effect_fails_the_run_each_time(host, wanted, obedient, monkeypatch):
    host.converge(*wanted())
    monkeypatch.setitem(controls_host.LOOK, "live", lambda names: {"limit": ["99"]})
    for _ in range(2):
        failed = host.converge(*wanted(), deadline=0.1)
        assert failed["failed"]
        assert "not in effect: daemon.limit: Limit is '99', and should be '4'" in failed["msg"]
        assert failed["rolled_back"]
        assert host.unit()["active"] == "active"


def test_a_component_without_units_fails_as_well(host, wanted, live):
    host.converge(*wanted(), units=[])
    live.write_text("99")
    predicted = host.converge(*wanted(), units=[], check=True)
    assert predicted["actions"] == ["asked whether it came into effect: daemon.limit"]
    assert host.converge(*wanted(), units=[], deadline=0.1)["failed"]
    live.write_text("4")
    assert not host.converge(*wanted(), units=[])["changed"]


@pytest.mark.parametrize(
    ("said", "restarted"), [("daemon.service has not read it", ["daemon"]), ("no", ["daemon", "other"])]
)
def test_where_the_words_name_a_unit_no_other_is_acted_on(host, wanted, live, monkeypatch, said, restarted):
    host.set_unit("other.service", config=str(host.config))
    units = [{"name": "daemon.service"}, {"name": "other.service"}]
    assert "failed" not in host.converge(*wanted(), units=units)
    found = iter([controls.Unknown(said)])
    monkeypatch.setitem(controls_host.LOOK, "live", lambda names: {"limit": next(found, ["4"])})
    done = host.converge(*wanted(), units=units)
    assert [one.split()[1].removesuffix(".service:") for one in done["actions"]] == restarted


def test_a_change_that_does_not_come_into_effect_is_taken_back(host, wanted, live):
    assert not host.converge(*wanted()).get("failed")
    failed = host.converge(*wanted("5"), deadline=0.1)
    assert "daemon.limit: Limit is '4', and should be '5'" in failed["msg"]
    assert host.config.read_text() == "limit 4\n"


def test_what_is_waited_for_may_come_into_effect_a_moment_later(host, wanted, live, monkeypatch):
    found = iter(["4", "4", "5"])
    monkeypatch.setitem(controls_host.LOOK, "live", lambda names: {"limit": [next(found, "5")]})
    assert not host.converge(*wanted("5")).get("failed")


def test_a_spoiled_document_and_a_defeated_setting_are_repaired_together(host, wanted, obedient):
    host.converge(*wanted())
    (host.root / "etc/controls/daemon.json").write_text("{}")
    obedient.write_text("99")
    assert not host.converge(*wanted()).get("failed")
    assert obedient.read_text() == "4"
    assert not host.converge(*wanted())["changed"]


def test_a_waived_control_asks_nobody(host, wanted, live):
    live.write_text("99")
    waived = wanted(state="waived", reason="x", until="2031-01-01")
    host.converge(*waived)
    assert not host.converge(*waived)["changed"]
    assert answer(host)["ineffective"] == []


def test_the_host_says_so_however_it_was_written_down(host, wanted, obedient):
    host.converge(*wanted())
    assert answer(host)["ineffective"] == []
    record = {"host": "s1", "components": {"s1": answer(host)["components"]}}
    assert state.seal(str(host.root / "state"), record, [], None) == []
    obedient.write_text("99")
    assert state.seal(str(host.root / "state"), record, [], None) == []
    told = answer(host)
    assert (told["ineffective"], told["drift"]) == (["daemon.limit"], {})


def test_what_no_run_can_put_right_is_told_and_calls_for_none(host, wanted, live, monkeypatch):
    monkeypatch.setattr(controls_host, "TOLD", frozenset({"live"}))
    live.write_text("99")
    assert "failed" not in host.converge(*wanted())
    assert not host.converge(*wanted())["changed"]
    assert answer(host)["ineffective"] == []
    assert [one.state for one in controls_host.look((), host.root / "etc/controls")] == ["ineffective"]


def test_taking_it_away_asks_nothing_of_its_controls(host, wanted, live):
    host.converge(*wanted())
    live.write_text("99")
    assert host.remove()["changed"]
    assert not host.config.exists()
