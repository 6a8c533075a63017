"""From the table of sandboxes to drop-ins; a mistake of the inventory is told with its place and its cure."""

import runpy

import pytest
from ansible.errors import AnsibleFilterError
from ansible.module_utils.bongsu.effective import sandbox

from bongsu import controls
from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/sandbox.py"))
TABLE = [
    {"id": "sandbox.a", "sets": {"sandbox": {"a.service": {"UMask": "0027"}}}},
    {"id": "sandbox.b", "sets": {"sandbox": {"b.service": {"UMask": "0027"}}}},
]
CHOSEN = [
    {"id": "sandbox.a", "sets": {"sandbox": {"a.service/UMask": "0027", "a.service/CapabilityBoundingSet": "none"}}},
    {"id": "sandbox.b", "sets": {}},
]


def test_the_host_looks_where_the_role_places():
    assert FILTERS["DROP_IN"] == sandbox.DROP_IN


def test_controls_of_other_units_are_left_out_and_waived_ones_stay(monkeypatch):
    monkeypatch.setattr(controls, "table", lambda _role: TABLE)
    kept = FILTERS["sandboxed"](CHOSEN, ["b.service"])
    assert [one["id"] for one in kept] == ["sandbox.b"]
    with pytest.raises(AnsibleFilterError, match=r"no sandbox for c.service; known are a.service, b.service"):
        FILTERS["sandboxed"](CHOSEN, ["c.service"])


def test_a_drop_in_empties_what_it_would_else_only_add_to():
    row = {
        "SystemCallFilter": ["@system-service", "~@privileged"],
        "CapabilityBoundingSet": ["none"],
        "ReadWritePaths": ["/a", "-/b"],
        "UMask": ["0027"],
    }
    directory, file = FILTERS["sandbox_files"]({"a.service": row})
    assert directory == {"dest": "/etc/systemd/system/a.service.d", "state": "directory"}
    assert file["content"].partition("[Service]\n")[2].splitlines() == [
        "CapabilityBoundingSet=",
        "ReadWritePaths=",
        "ReadWritePaths=/a -/b",
        "SystemCallFilter=",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged",
        "SystemCallErrorNumber=EPERM",
        "UMask=0027",
    ]
    assert (file["on_change"], file["units"]) == ("restart", ["a.service"])


def test_rows_and_units_are_those_in_force():
    rows = FILTERS["sandbox_rows"](CHOSEN)
    assert rows == {"a.service": {"UMask": ["0027"], "CapabilityBoundingSet": ["none"]}}
    assert FILTERS["sandbox_units"](rows) == [{"name": "a.service", "state": "as_found"}]


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["--storage.tsdb.path=/srv/a"], ["/srv/a"]),
        (["--storage.tsdb.path", "/srv/a", "--x"], ["/srv/a"]),
        (["--x --storage.tsdb.path /srv/a"], ["/srv/a"]),
        (["--storage.tsdb.path"], []),
        (["--storage.tsdb.path.x=/srv/a"], []),
    ],
)
def test_a_directory_that_an_argument_names_is_found(arguments, values):
    assert FILTERS["argument_values"](arguments, "storage.tsdb.path") == values


def test_directories_of_the_inventory_are_checked():
    known = ["a.service", "b.service"]
    assert FILTERS["paths_of"]({"a.service": ["/srv/x", "-/srv/y"]}, "a.service", known) == ["/srv/x", "-/srv/y"]
    assert FILTERS["paths_of"]({"a.service": ["/srv/x"]}, "b.service", known) == []
    with pytest.raises(AnsibleFilterError, match=r"'c.service'; known are a.service, b.service"):
        FILTERS["paths_of"]({"c.service": ["/x"]}, "a.service", known)
    for wrong in ("/srv/x", ["srv/x"], ["/srv/a b"], [7]):
        with pytest.raises(AnsibleFilterError, match=r"service_sandbox_write_paths.a.service: "):
            FILTERS["paths_of"]({"a.service": wrong}, "a.service", known)
