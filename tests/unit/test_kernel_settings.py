"""How the kernel was set before is kept once, and given back for what nobody wants any more."""

import json

import pytest
from ansible.module_utils.bongsu import hosttool, kernel_settings
from ansible.module_utils.bongsu.effective import sysctl


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    root = tmp_path / "sys"
    (tmp_path / "controls").mkdir()
    monkeypatch.setattr(sysctl, "ROOT", str(root))
    monkeypatch.setattr(kernel_settings, "CONTROLS", str(tmp_path / "controls"))
    monkeypatch.setattr(kernel_settings, "RECORD", tmp_path / "state/kernel.json")

    class Kernel:
        record = tmp_path / "state/kernel.json"

        def set(self, **values):
            for name, value in values.items():
                path = root / name.replace("__", "/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{value}\n")

        def __getitem__(self, name):
            return (root / name.replace("__", "/")).read_text().strip()

        def path(self, name):
            return root / name.replace("__", "/")

        def want(self, *names):
            listed = [{"id": "kernel.x", "state": "applied", "sysctl": dict.fromkeys(names, 1)}]
            document = {"role": "kernel", "controls": [*listed, {"id": "kernel.y", "state": "waived"}]}
            (tmp_path / "controls/kernel.json").write_text(json.dumps(document))
            assert hosttool.main(["kernel", "remember"]) == 0

        def give_back(self):
            assert hosttool.main(["kernel", "give-back"]) == 0

    made = Kernel()
    made.set(a=0, b=7, net__all__r=5, net__default__r=6, net__eth0__r=5)
    return made


def test_what_was_before_is_given_back_whatever_happened_since(kernel):
    kernel.want("a", "b")
    kernel.set(a=1, b=1)
    kernel.want("a", "b")  # as at each boot: what is ours by now is not taken for what was before
    kernel.give_back()
    assert (kernel["a"], kernel["b"]) == ("0", "7")
    assert not kernel.record.exists()


def test_what_is_no_longer_wanted_is_given_back_alone(kernel):
    kernel.want("a", "b")
    kernel.set(a=1, b=1)
    kernel.want("a")
    assert (kernel["a"], kernel["b"]) == ("1", "7")
    kernel.want("a", "b")
    kernel.set(b=1)
    kernel.give_back()
    assert (kernel["a"], kernel["b"]) == ("0", "7")


def test_an_interface_that_came_later_is_given_what_new_ones_had(kernel):
    kernel.want("net.default.r", "net.*.r")
    kernel.set(net__all__r=1, net__default__r=1, net__eth0__r=1, net__eth1__r=1)
    kernel.want("net.default.r", "net.*.r")
    kernel.path("net__eth0__r").unlink()  # and one that has gone is no trouble
    kernel.give_back()
    assert [kernel[f"net__{one}__r"] for one in ("all", "default", "eth1")] == ["5", "6", "6"]


def test_they_are_given_back_in_the_order_in_which_they_are_set(kernel, monkeypatch):
    kernel.want("net.all.r", "b", "a")
    written = []
    monkeypatch.setattr(kernel_settings, "_write", lambda path, value: written.append(path.rpartition("/")[2]))
    kernel.give_back()
    assert written == ["r", "b", "a"]


def test_what_only_gets_stricter_is_told_and_the_rest_is_given_back(kernel, capsys):
    kernel.want("a", "b")
    kernel.path("a").unlink()
    kernel.path("a").mkdir()  # it cannot be written
    kernel.set(b=1)
    kernel.give_back()
    assert kernel["b"] == "7"
    assert "/a stays as it is until the next boot" in capsys.readouterr().err


def test_a_spoiled_record_is_told_and_taken_anew(kernel, capsys):
    kernel.want("a")
    kernel.record.write_text("{")
    kernel.want("a")
    assert "cannot be read" in capsys.readouterr().err
    assert json.loads(kernel.record.read_text()) == {str(kernel.path("a")): "0"}
