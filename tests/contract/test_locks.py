"""pyproject.toml and the locks say the same, every pin has a hash, and no registry is named."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CANONICAL = re.compile(r"[-_.]+")


def locked(name):
    """Return {package: version} of a lock."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / "requirements" / name).read_text(), re.M)
    return {CANONICAL.sub("-", package).lower(): version for package, version in pins}


def pinned(requirements):
    """Return {package: version} of requirements that are pins; anything else fails here."""
    pairs = [re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", one).groups() for one in requirements]
    return {CANONICAL.sub("-", package).lower(): version for package, version in pairs}


def test_the_runtime_lock_has_what_the_project_pins():
    wanted = pinned(PROJECT["dependencies"])
    assert wanted.items() <= locked("runtime.txt").items()


def test_the_development_lock_has_both_and_agrees_with_the_runtime_s():
    wanted = pinned(PROJECT["dependencies"]) | pinned(PROJECT["optional-dependencies"]["dev"])
    assert wanted.items() <= locked("dev.txt").items()
    assert locked("runtime.txt").items() <= locked("dev.txt").items()


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_every_pin_has_hashes_and_no_address_is_named(name):
    text = (ROOT / "requirements" / name).read_text()
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        assert "--hash=sha256:" in block or block.startswith("#"), block[:80]
    assert "://" not in text
