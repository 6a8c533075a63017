#!/usr/bin/env python3
"""The two hosts on which every role is tested: one a Debian release, each the other's monitor.

A script, because each lane has a lab of its own, and because what the running lab adds (how to reach its hosts, its CA
and its secrets) does not exist yet when molecule creates the hosts, and molecule's verifier takes one inventory only.
"""

import json
import sys

import yaml

from bongsu.lab import keys
from bongsu.lab.state import State
from bongsu.testing import lanes

lane = lanes.mine()
variables = {"lab_name": lane.lab, "lab_subnet": f"{lane.prefix}.0/24"}
state = State(lane.lab)
if state.vault_password.exists():
    for name in ("ssh.yml", "ca.yml"):
        variables |= yaml.safe_load((state.inventory / "group_vars" / "all" / name).read_text(encoding="utf-8"))
    variables |= state.secrets()
    # One connection a host, which Ansible and the tests' own commands share: a new one each costs as much as ten
    # commands. Who tests logins makes connections of his own.
    variables["ansible_ssh_extra_args"] = keys.shell_words(["-o", f'ControlPath="{state.control}/%h"'])
hosts = {
    f"debian{release}": {"ansible_host": f"{lane.prefix}.{release}", "lab_release": release} for release in ("12", "13")
}
document = {"_meta": {"hostvars": hosts}, "all": {"vars": variables}, "monitors": {"hosts": sorted(hosts)}}
json.dump(document, sys.stdout)
