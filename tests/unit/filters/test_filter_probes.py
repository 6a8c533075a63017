import runpy
from pathlib import Path

probe_names = runpy.run_path(str(Path(__file__).parents[3] / "plugins/filter/probes.py"))["probe_names"]


def test_every_probe_of_every_host_is_named():
    hosts = [
        {"inventory_hostname": "a", "blackbox_exporter_probes": [{"name": "x", "target": "t"}, {"name": "y"}]},
        {"inventory_hostname": "b", "blackbox_exporter_probes": []},
        {"inventory_hostname": "c"},
    ]
    assert probe_names(hosts) == [{"instance": "a", "probe": "x"}, {"instance": "a", "probe": "y"}]
