"""The host's half of an audit: scanners are run, told by their own words when they fail, and leave nothing behind."""

import lzma
import stat
import tempfile

import pytest
from ansible.module_utils.bongsu import audit_host, controls_host
from ansible.module_utils.bongsu.component import store
from ansible.module_utils.bongsu.errors import BongsuError

LYNIS = """#!/bin/sh
[ "$1 $2 $3 $4 $5 $7" = "audit system --quiet --no-colors --logfile --report-file" ] || exit 64
printf 'lynis_version=3.1.4\\nhardening_index=67\\n' > "$8"
"""
OSCAP = """#!/bin/sh
if [ "$1" = --version ]; then echo 'OpenSCAP command line tool (oscap) 1.4.2'; exit 0; fi
for last; do :; done
[ "$(cat "$last")" = '<data/>' ] && [ "$5" = xccdf_org.ssgproject.content_profile_cis_level1_server ] || exit 1
echo xccdf_org.ssgproject.content_rule_one:pass
echo xccdf_org.ssgproject.content_rule_two:fail
exit 2
"""
FIGURES = {"lynis": {"score": 67, "reference": 67, "open": 3}}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A host with both scanners, as scripts that check how they are called."""
    for name, text in (("lynis", LYNIS), ("oscap", OSCAP)):
        place(tmp_path, name, text)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(controls_host, "look", list)
    monkeypatch.setattr(store, "TEXTFILE_DIRECTORY", tmp_path / "textfile")
    (tmp_path / "content.xml.xz").write_bytes(lzma.compress(b"<data/>"))
    return tmp_path


def place(root, name, text):
    script = root / "bin" / name
    script.parent.mkdir(exist_ok=True)
    script.write_text(text)
    script.chmod(0o755)


def scan(here, *scanners):
    return audit_host.scan(scanners, str(here / "content.xml.xz"), "cis_level1_server")


def test_both_scanners_tell_and_nothing_of_the_scan_stays(here):
    before = sorted(here.iterdir())
    assert scan(here, "lynis", "openscap") == {
        "controls": [],
        "lynis": {"version": "3.1.4", "score": 67, "findings": []},
        "openscap": {"version": "1.4.2", "results": {"one": "pass", "two": "fail"}},
    }
    assert sorted(here.iterdir()) == before


def test_only_what_is_asked_for_is_run(here):
    (here / "bin/oscap").unlink()
    assert set(scan(here, "lynis")) == {"controls", "lynis"}


@pytest.mark.parametrize(
    ("name", "script", "words"),
    [
        ("lynis", "#!/bin/sh\necho no permission; exit 1\n", "lynis: exit status 1: no permission"),
        ("oscap", "#!/bin/sh\necho out of memory; exit 1\n", "oscap: exit status 1: out of memory"),
        ("oscap", "#!/bin/sh\necho nothing selected; exit 0\n", "oscap: exit status 0: nothing selected"),
    ],
)
def test_a_scanner_that_fails_is_told_in_its_own_words(here, name, script, words):
    place(here, name, script)
    with pytest.raises(BongsuError, match=words):
        scan(here, "lynis", "openscap")


def test_the_scores_are_left_where_node_exporter_reads_them(here):
    (here / "textfile").mkdir()
    (here / "bongsu/components").mkdir(parents=True)
    (here / "bongsu/components/node_exporter.json").touch()
    assert audit_host.record(FIGURES, 1.8e9, "run", str(here / "bongsu"))
    file = here / "textfile/bongsu_audit.prom"
    assert 'bongsu_audit_score{scanner="lynis"} 67\n' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize("missing", ["textfile", "bongsu/components"])
def test_nothing_is_left_without_node_exporter_or_where_nothing_of_ours_would_take_it_away(here, missing):
    for directory in {"textfile", "bongsu/components"} - {missing}:
        (here / directory).mkdir(parents=True)
        (here / directory / "x.json").touch()
    assert not audit_host.record(FIGURES, 1.8e9, "run", str(here / "bongsu"))
    assert not list(here.rglob("bongsu_audit.prom"))


def test_a_decommissioned_host_keeps_no_scores():
    assert audit_host.METRICS in store.METRICS
