#!/usr/bin/env python3
"""What the running lab adds to this inventory: how to reach its hosts, its CA and its secrets.

A script, not a second inventory directory, because molecule's verifier takes one inventory only, and because the
lab's state does not exist yet when molecule creates the hosts.
"""

import json
import sys

import yaml

from bongsu.lab.state import State

state = State("bongsu-molecule")
variables = {}
if state.vault_password.exists():
    for name in ("ssh.yml", "ca.yml"):
        variables |= yaml.safe_load((state.inventory / "group_vars" / "all" / name).read_text(encoding="utf-8"))
    variables |= state.secrets()
json.dump({"_meta": {"hostvars": {}}, "all": {"vars": variables}}, sys.stdout)
