"""What dpkg says of packages, and what of it counts."""

from ansible.module_utils.bongsu.integrity import packages

STATUS = """\
Package: lamp
Status: install ok installed
Version: 2
Conffiles:
 /etc/lamp.conf 0123456789abcdef0123456789abcdef

Package: linux-image-1
Status: deinstall ok config-files
Version: 1

Package: torn
Status: install reinstreq half-installed
Version: 3
"""


def test_a_package_that_was_removed_and_not_purged_has_no_version(tmp_path, monkeypatch):
    """As unattended-upgrades removes old kernels: dpkg keeps the version of what is gone."""
    (tmp_path / "info").mkdir()
    (tmp_path / "status").write_text(STATUS)
    monkeypatch.setattr(packages, "DPKG", tmp_path)
    monkeypatch.setattr(packages, "UCF", tmp_path / "none")
    found = packages.read(tmp_path)
    assert found.versions == {"lamp": "2", "torn": "3"}
    assert found.digests == {"/etc/lamp.conf": "0123456789abcdef0123456789abcdef"}
