from __future__ import annotations

import pytest

from bongsu.machines import images


@pytest.mark.parametrize(("release", "suite"), [("12", "bookworm"), ("13", "trixie")])
def test_the_recipe_has_security_updates_and_a_kernel(release, suite):
    arguments = images.recipe(release, "http://mirror/debian", "http://mirror/security")
    assert f"deb http://mirror/security {suite}-security main" in arguments
    assert f"deb http://mirror/debian {suite}-updates main" in arguments
    included = next(word for word in arguments if word.startswith("--include="))
    assert {"linux-image-amd64", "apparmor", "openssh-server"} <= set(included.removeprefix("--include=").split(","))
    assert arguments.count("-") == 1  # where the output directory's name goes


def test_the_name_is_the_same_on_every_machine_and_says_the_release():
    assert images.name("13") == images.name("13")
    assert images.name("13").startswith("13-")


def test_whatever_makes_the_image_changes_its_name(monkeypatch):
    names = {images.name("12"), images.name("13"), images.name("12", customize="#!/bin/sh\n")}
    monkeypatch.setattr(images, "PACKAGES", f"{images.PACKAGES} htop")
    names.add(images.name("12"))
    monkeypatch.setattr(images, "DISK", "9G")
    names.add(images.name("12"))
    assert len(names) == 5


def test_what_dpkg_may_be_careless_with_is_the_build_alone():
    """An option of the build stays in the image, and a power cut would then say nothing of a real server."""
    assert "force-unsafe-io" in images.DPKG_OPTIONS
    assert "/^force-unsafe-io$/d" in images.CUSTOMIZE.read_text()


def test_an_image_is_built_once_and_takes_the_place_of_older_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = []

    def build(release, directory, _progress):
        built.append(release)
        directory.mkdir()

    monkeypatch.setattr(images, "build", build)
    for name in ("13-old", "13-new-killed", "12-old"):
        (images.images_dir() / name).mkdir()
    first, second = (images.ensure("13", print) for _ in range(2))
    assert (first, built) == (second, ["13"])
    assert {path.name for path in images.images_dir().iterdir()} == {images.name("13"), "12-old"}
