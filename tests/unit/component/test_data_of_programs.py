"""What a component's own programs keep and tell goes with it, and nothing else does."""

from ansible.module_utils.bongsu.component import store


def test_data_and_metrics_go_with_their_component(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "TEXTFILE_DIRECTORY", tmp_path)
    kept = store.Store(str(tmp_path / "state"))
    for name in ("files", "files_too"):
        (kept.directory / store.DATA / name).mkdir(parents=True)
    for name in ("files", "files_too", "scanners"):
        (tmp_path / f"bongsu_{name}.prom").touch()
    kept.forget("files")
    kept.forget("scanners")  # which keeps nothing: what is told of it is somebody else's
    assert sorted(path.name for path in tmp_path.glob("*.prom")) == ["bongsu_files_too.prom", "bongsu_scanners.prom"]
    assert [path.name for path in (kept.directory / store.DATA).iterdir()] == ["files_too"]
