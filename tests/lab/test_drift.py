"""Whatever is done to one managed resource of a host, drift finds it and a re-run repairs it; nobody has to ask."""

from bongsu.bench import drift

COUNT, SEED = 12, 20261123  # as many as fit into two minutes; `bongsu bench drift` does 300, differently each time


def test_every_mutation_is_found_and_repaired(provisioned_pair):
    tried = list(drift.trials(provisioned_pair.lab, COUNT, SEED))
    assert [str(trial) for trial in tried if not trial.good] == []
    assert len(tried) == COUNT


def test_the_hourly_look_tells_the_monitors_what_drifted(provisioned_pair, eventually):
    """The host looks by itself: no controller takes part until somebody repairs it."""
    lab = provisioned_pair.lab
    assert lab.run("server1", "systemctl is-active bongsu-drift.timer").stdout.strip() == "active"
    look = "systemctl start bongsu-drift.service"
    lab.run("server1", f"chmod 0600 /etc/default/prometheus-node-exporter; {look}", check=True)
    named = '{instance="server1",resource="/etc/default/prometheus-node-exporter",what="mode"}'
    eventually(lambda: provisioned_pair.query("monitor1", f"bongsu_drift{named}"), 60)
    pending = 'ALERTS{alertname="ConfigurationDrift",instance="server1"}'
    eventually(lambda: provisioned_pair.query("monitor1", pending), 60)
    provisioned_pair.succeed("site.yml", limit="server1")
    lab.run("server1", look, check=True)
    counted = 'sum(bongsu_drift_resources{instance="server1"}) == 0'
    eventually(lambda: provisioned_pair.query("monitor1", counted), 60)
    eventually(lambda: not provisioned_pair.query("monitor1", pending), 60)
