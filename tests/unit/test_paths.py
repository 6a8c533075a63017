"""Where evidence of hosts is kept: in the state directory, or where an inventory says."""

from bongsu import paths


def test_evidence_is_kept_with_the_state_for_the_operator_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert paths.evidence_dir() == tmp_path / "bongsu/evidence"
    assert paths.evidence_dir().stat().st_mode & 0o077 == 0


def test_an_inventory_may_name_another_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.evidence_dir("~/staging/evidence") == tmp_path / "staging/evidence"
    assert (tmp_path / "staging/evidence").is_dir()
