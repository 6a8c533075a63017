"""What a template reads: which variables, and whether its value may change while its text and they stay the same."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import meta, nodes

from bongsu.inventory.words import words

_FACT = re.compile(r"\bansible_(?:facts|local)\b(?:\[\s*['\"](\w+)['\"]\s*\]|\.(\w+))?")
EVERY_FACT = "*"


# Equal input gives them equal output. Whatever is not named here is judged by its value, every time: a filter too few
# costs a moment, one too many would hide a change. Missing on purpose: random, shuffle, password_hash and vault (each
# value is another), strftime (of now), expanduser, expandvars, realpath, fileglob and unvault (they look around).
_FILTERS = words("""
    abs attr b64decode b64encode basename batch bool capitalize center checksum combine comment commonpath combinations
    count d default dict2items dictsort difference dirname e escape extract filesizeformat first flatten float
    forceescape format from_json from_yaml from_yaml_all groupby hash human_readable human_to_bytes indent int
    intersect items items2dict join last length list log lower mandatory map max md5 min normpath path_join permutations
    pow pprint product quote regex_escape regex_findall regex_replace regex_search reject rejectattr rekey_on_member
    relpath replace reverse root round safe select selectattr sha1 slice sort split splitext string striptags
    subelements sum symmetric_difference ternary title to_json to_nice_json to_nice_yaml to_uuid to_yaml tojson trim
    truncate type_debug union unique upper urldecode urlencode urlize urlsplit win_basename win_dirname win_splitdrive
    wordcount wordwrap xmlattr zip zip_longest
    component_files endpoint host_address is_ip prefixed probe_names
""")
# Missing on purpose: exists, file, directory, link, mount and their like look at the controller's disk.
_TESTS = words("""
    != < <= == > >= abs all any boolean callable contains defined divisibleby eq equalto escaped even false falsy float
    ge greaterthan gt in integer is_abs isnan issubset issuperset iterable le lessthan lower lt mapping match nan ne
    none number odd regex sameas search sequence string subset superset true truthy undefined upper uri url urn version
    version_compare
""")
_FUNCTIONS = words("range dict namespace cycler joiner")
_MOVING_FUNCTIONS = words("lookup query q now lipsum undef")
# These take the name of a filter or a test as an argument: at which place, and of which.
_INDIRECT = {
    "map": (0, _FILTERS),
    "select": (0, _TESTS),
    "reject": (0, _TESTS),
    "selectattr": (1, _TESTS),
    "rejectattr": (1, _TESTS),
}


@dataclass(frozen=True)
class Reading:
    """What one template reads: ``names`` of variables, ``facts`` (or EVERY_FACT), and why its value may move."""

    names: frozenset[str]
    facts: frozenset[str]
    moving: tuple[str, ...]


class _Anything(dict[str, Any]):
    """Knows every filter and test: which there are is Ansible's business, and no news here."""

    def get(self, _name: str, _default: Any = None) -> Any:
        return str

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> Any:
        return str


_JINJA = jinja2.Environment(  # noqa: S701 - nothing is rendered by it
    extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]
)
_JINJA.filters = _Anything()
_JINJA.tests = _Anything()
_JINJA.globals.clear()  # functions are names like others


def may_be_template(text: str) -> bool:
    """Tell whether Ansible would look for expressions in a text that it trusts."""
    return "{{" in text or "{%" in text or "{#" in text


@functools.lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """Read a template; one that cannot be parsed is moving."""
    try:
        tree = _JINJA.parse(text)
        names = frozenset(meta.find_undeclared_variables(tree))
    except jinja2.TemplateError as error:
        return Reading(frozenset(), facts_in(text), (f"cannot be parsed ({error})",))
    functions = names & _MOVING_FUNCTIONS
    moving = [*(f"calls {name}" for name in sorted(functions)), *_moving_nodes(tree)]
    return Reading(names - _FUNCTIONS - functions, facts_in(text), tuple(dict.fromkeys(moving)))


def facts_in(text: str) -> frozenset[str]:
    """Name the facts that a text mentions; EVERY_FACT where it does not say which."""
    return frozenset(match[1] or match[2] or EVERY_FACT for match in _FACT.finditer(text))


def _moving_nodes(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all((nodes.Filter, nodes.Test, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        if isinstance(node, nodes.Filter):
            if _short(node.name) not in _FILTERS:
                yield f"uses the filter {node.name}"
            elif _short(node.name) in _INDIRECT:
                yield from _indirect(node)
        elif isinstance(node, nodes.Test):
            if _short(node.name) not in _TESTS:
                yield f"uses the test {node.name}"
        else:
            yield "reads another file"


def _short(name: object) -> str:
    return str(name).removeprefix("ansible.builtin.")


def _indirect(node: nodes.Filter) -> Iterator[str]:
    place, known = _INDIRECT[_short(node.name)]
    if len(node.args) > place:
        argument = node.args[place]
        if not isinstance(argument, nodes.Const):
            yield f"uses what a variable names, in the filter {node.name}"
        elif _short(argument.value) not in known:
            yield f"uses {argument.value}, by the filter {node.name}"
