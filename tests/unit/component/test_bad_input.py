"""Bad parameters are told with their place and their cure, before anything is touched."""

import pytest

CASES = {
    "name": ({"name": "No Good"}, "name: 'No Good' is not a component's name; use lower-case letters"),
    "relative dest": ({"files": [{"dest": "etc/x", "content": ""}]}, "files[0].dest: 'etc/x' is not a plain absolute"),
    "dotted dest": ({"files": [{"dest": "/etc/../x", "content": ""}]}, "write it from / without '..'"),
    "no content": ({"files": [{"dest": "/x"}]}, "files[0]: /x has neither src, content nor edit; give one"),
    "content of a directory": (
        {"files": [{"dest": "/x", "state": "directory", "content": "a"}]},
        "/x has content but state: directory; drop one",
    ),
    "mode": ({"files": [{"dest": "/x", "content": "", "mode": "rw"}]}, "quote it as in '0640'"),
    "validate": (
        {"files": [{"dest": "/x", "content": "", "validate": ["true"]}]},
        "files[0].validate: no word of ['true'] holds %s",
    ),
    "a stranger's unit": (
        {"files": [{"dest": "/x", "content": "", "units": ["y.service"]}]},
        "files[0].units: y.service is not among this component's units",
    ),
    "twice": (
        {"files": [{"dest": "/x", "content": ""}, {"dest": "/x", "content": ""}]},
        "files[1].dest: '/x' is listed twice; keep one entry",
    ),
    "unit without type": ({"units": [{"name": "nginx"}]}, "write it as 'nginx.service'"),
    "masked and started": (
        {"units": [{"name": "a.service", "masked": True, "state": "started"}]},
        "a.service cannot be masked and enabled or started",
    ),
    "two probes in one": (
        {"health": [{"tcp": {"port": 1}, "unit": {"name": "a.service"}}]},
        "health[0]: give exactly one",
    ),
    "no probe": ({"health": [{}]}, "health[0]: give exactly one of command, file, http, tcp, unit"),
    "empty command": ({"validate": [[]]}, "validate[0]: an empty command"),
    "deadline": ({"deadline": 0}, "give seconds above 0"),
    "no time to confirm": ({"confirm_within": 4.9}, "4.9 s leave no time to log in again; give 5 or more"),
    "a package with an option": ({"packages": ["--force-yes"]}, "packages[0]: '--force-yes' is not a package"),
    "a pin of nothing": ({"packages": ["nginx="]}, "write it as 'NAME' or, to pin it, as 'NAME=VERSION'"),
    "a package twice": ({"packages": ["nginx", "nginx=1.0"]}, "packages[1].name: 'nginx' is listed twice"),
}


@pytest.mark.parametrize(("values", "message"), CASES.values(), ids=CASES)
def test_bad_input_is_explained(host, values, message):
    result = host.converge(**{"units": [], **values})
    assert result["failed"]
    assert message in result["msg"]
    assert not (host.root / "state").exists()


def test_what_lies_at_a_path_is_never_overwritten_by_another_kind(host):
    host.config.symlink_to("/dev/null")
    result = host.converge(host.file(content="a\n"))
    assert f"{host.config} is a link, and the component wants a file there" in result["msg"]
    assert host.config.is_symlink()


def test_a_directory_is_never_removed(host):
    (host.root / "etc/kept").mkdir()
    result = host.converge(host.file(str(host.root / "etc/kept"), state="absent"))
    assert "bongsu removes only files" in result["msg"]


def test_a_missing_parent_an_unknown_user_and_an_unknown_group_are_named(host):
    missing = host.converge(host.file(str(host.root / "etc/none/x"), content="a\n"))
    assert f"{host.root}/etc/none does not exist; list it before its files" in missing["msg"]
    assert "no user 'nobody-here'" in host.converge(host.file(content="a\n") | {"owner": "nobody-here"})["msg"]
    assert "no group 'nogroup-here'" in host.converge(host.file(content="a\n") | {"group": "nogroup-here"})["msg"]
    assert host.tree() == {}
