"""The machine that goes with every figure."""

import json

from bongsu.bench import _machine

CPUINFO = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\n\nprocessor\t: 1\nmodel name\t: Some CPU @ 2.0GHz\n"


def test_the_processor_has_a_name_where_the_kernel_gives_one():
    assert _machine.cpu_model(CPUINFO) == "Some CPU @ 2.0GHz"
    assert _machine.cpu_model("processor\t: 0\nBogoMIPS\t: 48.00\n") == ""


def test_it_can_be_kept_and_told():
    machine = _machine.describe()
    assert json.loads(json.dumps(machine)) == machine
    assert machine["cpus"] >= 1
    assert machine["memory_gib"] > 0
    assert machine["loop_s"] > 0
    told = _machine.line(machine)
    assert all(
        str(machine[key]) in told for key in ("cpus", "system", "kernel", "ansible_core", "load_before", "loop_s")
    )
