"""Titles, sections and severity come out of the data stream; OVAL, which is most of it, is passed by."""

import lzma

import pytest

from bongsu.audit import rules
from bongsu.errors import BongsuError

STREAM = """\
<ds:data-stream-collection xmlns:ds="urn:ds" xmlns:x="http://checklists.nist.gov/xccdf/1.2" xmlns:o="urn:oval">
 <x:Benchmark id="b">
  <x:Group id="g">
   <x:Rule id="xccdf_org.ssgproject.content_rule_sshd_tries" severity="medium">
    <x:title>Limit <x:sub idref="n"/> the
      tries</x:title>
    <x:reference href="https://www.cisecurity.org/controls/">16</x:reference>
    <x:reference href="https://www.cisecurity.org/cis-benchmarks/">5.1.17</x:reference>
    <x:reference href="https://www.cisecurity.org/cis-benchmarks/">5.1.16</x:reference>
   </x:Rule>
   <x:Rule id="xccdf_org.ssgproject.content_rule_other"><x:title>Other</x:title></x:Rule>
  </x:Group>
 </x:Benchmark>
 <o:definition id="d"><o:criteria/></o:definition>
</ds:data-stream-collection>
"""


def test_a_rule_is_read(tmp_path):
    path = tmp_path / "ds.xml.xz"
    path.write_bytes(lzma.compress(STREAM.encode()))
    found = rules.read(path)
    assert found["sshd_tries"] == rules.Rule("Limit the tries", ("5.1.16", "5.1.17"), "medium")
    assert found["other"] == rules.Rule("Other", (), "unknown")
    assert found["sshd_tries"].rank < found["other"].rank


def test_a_stream_without_rules_is_none(tmp_path):
    path = tmp_path / "ds.xml.xz"
    path.write_bytes(lzma.compress(b"<a/>"))
    with pytest.raises(BongsuError, match="no rules"):
        rules.read(path)
