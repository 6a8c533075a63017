"""OpenSCAP's content: fetched once, judged by its digest, and the cure told where it cannot be had."""

import hashlib
import io
import lzma
import subprocess
import tarfile

import pytest

from bongsu.audit import content
from bongsu.errors import BadInput, BongsuError
from bongsu.lab import machine

STREAMS = {"12": b"<twelve/>", "13": b"<thirteen/>"}


def package(streams=STREAMS):
    """Make a Debian package: an ar archive of three members, one of an odd length."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        for release, text in streams.items():
            entry = tarfile.TarInfo(f"./usr/share/xml/scap/ssg/content/ssg-debian{release}-ds.xml")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
    members = [("debian-binary", b"2.0"), ("control.tar.xz", b"..."), ("data.tar.xz", buffer.getvalue())]
    parts = [b"!<arch>\n"]
    for name, data in members:
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)


@pytest.fixture
def pin():
    return content.Pin("pool/s/ssg_1_all.deb", hashlib.sha256(package()).hexdigest(), ("12", "13"))


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Give a mirror in a directory, by a stand-in for apt's way of fetching, and count what is fetched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fetched = []

    def fetch(url, place):
        fetched.append(url)
        source = tmp_path / url.removeprefix("file://")
        if not source.is_file():
            raise BongsuError("404  Not Found")
        place.write_bytes(source.read_bytes())

    monkeypatch.setattr(content, "fetch", fetch)
    monkeypatch.setattr(machine, "mirrors", lambda: ("file://own", "file://security"))
    for name, data in (("own", package()), ("named", package()), ("wrong", b"!<arch>\n something else")):
        file = tmp_path / name / "pool/s/ssg_1_all.deb"
        file.parent.mkdir(parents=True)
        file.write_bytes(data)
    return fetched


def test_both_releases_come_out_of_the_package_and_are_fetched_once(mirror, pin):
    content.ensure(pin)
    content.ensure(pin)
    assert {release: lzma.decompress(content.stream(pin, release).read_bytes()) for release in pin.releases} == STREAMS
    assert mirror == ["file://own/pool/s/ssg_1_all.deb"]


def test_a_mirror_that_is_named_goes_first(mirror, pin):
    content.ensure(pin, "file://named/")
    assert mirror == ["file://named/pool/s/ssg_1_all.deb"]


def test_a_machine_without_apt_takes_debians_own(mirror, pin, monkeypatch):
    def none():
        raise BadInput("no archive")

    monkeypatch.setattr(machine, "mirrors", none)
    with pytest.raises(BadInput, match=content.DEFAULT_MIRROR):
        content.ensure(pin)


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(mirror, pin):
    with pytest.raises(BadInput, match="not the pinned"):
        content.ensure(pin, "file://wrong")
    assert not content.cached(pin).exists()
    assert not content.stream(pin, "12").exists()


def test_where_it_cannot_be_had_the_cure_is_told_and_works(mirror, pin):
    with pytest.raises(BadInput) as error:
        content.ensure(pin, "file://nowhere")
    for words in ("404", "audit_mirror", str(content.cached(pin))):
        assert words in str(error.value)
    content.cached(pin).write_bytes(package())
    content.ensure(pin, "file://nowhere")
    assert content.stream(pin, "13").exists()


def test_a_package_that_lacks_a_release_is_told(pin):
    with pytest.raises(BongsuError, match="no content for Debian 13"):
        content.unpack(package({"12": b"x"}), ("12", "13"))


def test_what_is_no_package_is_told():
    with pytest.raises(BongsuError, match="no Debian package"):
        content.unpack(b"<html>", ("12",))


def test_apts_own_words_are_given_where_it_fails(tmp_path, monkeypatch):
    helper = tmp_path / "apt-helper"
    helper.write_text("#!/bin/sh\necho 'E: Failed to fetch' >&2\nexit 100\n")
    helper.chmod(0o755)
    monkeypatch.setattr(content, "_APT_HELPER", helper)
    with pytest.raises(BongsuError, match=r"^Failed to fetch"):
        content.fetch("http://mirror/x.deb", tmp_path / "x.deb")
    helper.write_text('#!/bin/sh\nfor last; do :; done; echo fetched > "$last"\n')
    content.fetch("http://mirror/x.deb", tmp_path / "x.deb")
    assert (tmp_path / "x.deb").read_text() == "fetched\n"
    assert subprocess.run(["ls", tmp_path], capture_output=True, text=True, check=True).stdout.split() == [
        "apt-helper",
        "x.deb",
    ]
