from __future__ import annotations

import re

import pytest

from bongsu.lab import images


@pytest.mark.parametrize(("release", "suite"), [("12", "bookworm"), ("13", "trixie")])
def test_the_recipe_has_security_updates_and_no_translations(release, suite):
    arguments = images.recipe(release, "http://mirror/debian", "http://mirror/security")
    assert f"deb http://mirror/security {suite}-security main" in arguments
    assert f"deb http://mirror/debian {suite}-updates main" in arguments
    assert '--aptopt=Acquire::Languages "none"' in arguments
    assert arguments.count("-") == 1  # where the output file's name goes


def test_the_tag_is_a_release_and_a_hash():
    assert re.fullmatch(r"localhost/bongsu-lab:12-[0-9a-f]{12}", images.image_name("12"))


def test_equal_recipes_have_equal_names():
    assert images.image_name("13") == images.image_name("13")


def test_whatever_makes_the_image_changes_its_name(monkeypatch):
    names = {images.image_name("12"), images.image_name("13"), images.image_name("12", customize="#!/bin/sh\n")}
    monkeypatch.setattr(images, "PACKAGES", f"{images.PACKAGES} htop")
    names.add(images.image_name("12"))
    assert len(names) == 4
