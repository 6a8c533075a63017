"""Which templates are judged by their text and variables alone, which by their value: never too many of the first."""

from __future__ import annotations

import pytest

from bongsu.fingerprint.templates import EVERY_FACT, facts_in, may_be_template, read

STILL = [
    "{{ a }}",
    "{{ a | default('x') }}",
    "{{ a.b.c['d'] | map(attribute='e') | select('match', 'x') | list | join(',') }}",
    "{% for h in groups['all'] %}{{ hostvars[h].ansible_host }}{% endfor %}",
    "{{ a | combine(b, recursive=true) | dict2items | rejectattr('key', 'in', c) }}",
    "{{ 'yes' if a is defined and a is not none else 'no' }}",
    "{{ range(3) | list }}",
    "{{ groups['monitors'] | map('extract', hostvars) | map('host_address') }}",
    "{# a comment #}",
]
MOVING = [
    "{{ lookup('env', 'HOME') }}",
    "{{ query('ansible.builtin.file', 'x') }}",
    "{{ q('pipe', 'date') }}",
    "{{ now() }}",
    "{{ now(utc=true).year }}",
    "{{ 10 | random }}",
    "{{ a | shuffle }}",
    "{{ a | password_hash('sha512') }}",
    "{{ a | vault('x') }}",
    "{{ '/etc/*' | fileglob }}",
    "{{ '%s' | strftime }}",
    "{{ '~' | expanduser }}",
    "{{ '$HOME' | expandvars }}",
    "{{ '/x' | realpath }}",
    "{{ a | some.collection.filter }}",
    "{{ a | a_filter_that_is_new }}",
    "{{ '/etc/motd' is exists }}",
    "{{ '/etc/motd' is ansible.builtin.file }}",
    "{{ ['/etc/*'] | map('fileglob') }}",
    "{{ ['/etc'] | select('directory') }}",
    "{{ ['/etc'] | reject('exists') }}",
    "{{ a | selectattr('path', 'link') }}",
    "{{ a | map(b) }}",
    "{{ a | default(lookup('env', 'HOME')) }}",
    "{% set x = lookup('env', 'HOME') %}{{ x }}",
    "{% if now() %}x{% endif %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{{ lipsum() }}",
    "{{ a",
]


@pytest.mark.parametrize("text", STILL)
def test_what_its_variables_decide_is_not_rendered_beforehand(text):
    assert read(text).moving == ()


@pytest.mark.parametrize("text", MOVING)
def test_what_something_else_decides_is_told(text):
    assert read(text).moving


@pytest.mark.parametrize("text", STILL + MOVING)
def test_all_of_them_are_seen_as_templates(text):
    assert may_be_template(text)


def test_names_are_those_of_variables_from_outside():
    text = "{% set mine = a %}{% for b in c %}{{ b.d + mine + range(3) }}{% endfor %}{{ lookup('env', e) }}"
    assert read(text).names == {"a", "c", "e"}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("{{ ansible_facts['kernel'] }}", {"kernel"}),
        ('{{ ansible_facts.distribution ~ ansible_facts["kernel"] }}', {"distribution", "kernel"}),
        ("{{ hostvars['x'].ansible_facts.fqdn }}", {"fqdn"}),
        ("{{ ansible_facts[name] }}", {EVERY_FACT}),
        ("{{ ansible_facts | to_json }}", {EVERY_FACT}),
        ("{{ ansible_local.mine }}", {"mine"}),
        ("{{ my_ansible_facts }}", set()),
    ],
)
def test_facts_are_told_by_name(text, facts):
    assert facts_in(text) == facts
