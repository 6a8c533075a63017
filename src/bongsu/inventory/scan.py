"""Read the text of one inventory or vars file into definitions and the problems of its form.

Ansible merges; it does not say that a key was written twice or that `host:` should be `hosts:`. The nodes of
the YAML text do, with their lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import yaml

from bongsu.inventory.definitions import Definition, children
from bongsu.inventory.model import Problem
from bongsu.inventory.words import suggest

Kind = Literal["inventory", "group", "host"]
_SECTIONS = ("hosts", "vars", "children")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class SourceFile:
    """One file of an inventory: its text (decrypted), and whom its variables are for."""

    shown: str
    kind: Kind
    scope: str  # group or host of a vars file; empty for an inventory
    text: str
    encrypted: bool = False


@dataclass
class Scan:
    """What the files say, in the order in which they were read."""

    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    child_groups: set[str] = field(default_factory=set)  # named somewhere without a body
    written_groups: set[str] = field(default_factory=set)  # groups with a body of their own
    group_places: dict[str, tuple[str, int]] = field(default_factory=dict)  # group -> first place
    hosts: dict[str, tuple[str, int]] = field(default_factory=dict)  # host -> first place

    def read(self, source: SourceFile) -> None:
        """Add one file."""
        node = self._compose(source)
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            if source.kind != "inventory" or isinstance(node, yaml.SequenceNode):
                self._problem(source, node, "", "the file is not a mapping; write `name: value` lines")
            return
        self._duplicates(source, node, "")
        if source.kind != "inventory":
            self._variables(source, node, source.scope, is_host=source.kind == "host", prefix="")
        elif all(key.value != "plugin" for key, _ in node.value):
            for key, body in node.value:
                self._group(source, key, body)

    def _compose(self, source: SourceFile) -> yaml.Node | None:
        try:
            return yaml.compose(source.text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else None
            wrong = str(error.problem or error.context)
            lines = source.text.splitlines()
            written = lines[line - 1] if line and line <= len(lines) else ""
            if "\t" in written[: len(written) - len(written.lstrip())]:
                wrong = "the line is indented with a tab; indent with spaces"
            elif "{{" in written:
                wrong += '; a value that begins with {{ must be quoted: "{{ … }}"'
            else:
                wrong += "; this is not valid YAML, look at this line and the one above it"
            self.problems.append(Problem(source.shown, "", wrong, line))
        except yaml.YAMLError as error:
            wrong = f"{error}; save the file as UTF-8 text"
            self.problems.append(Problem(source.shown, "", wrong.replace("\n", " ")))
        return None

    def _problem(self, source: SourceFile, node: yaml.Node, key: str, message: str) -> None:
        self.problems.append(Problem(source.shown, key, message, node.start_mark.line + 1))

    def _duplicates(self, source: SourceFile, node: yaml.Node, path: str) -> None:
        """Report keys that stand twice in one mapping: YAML keeps the last and loses the first silently."""
        seen: dict[str, int] = {}
        for key, (position, child) in children(node):
            name = f"{path}[{position}]" if key is None else f"{path}.{key.value}" if path else str(key.value)
            if key is not None:
                if str(key.value) in seen and key.value != "<<":
                    first = seen[str(key.value)]
                    self._problem(source, key, name, f"is written twice, first on line {first}; keep one of them")
                seen.setdefault(str(key.value), key.start_mark.line + 1)
            self._duplicates(source, child, name)

    def _variables(self, source: SourceFile, node: yaml.MappingNode, scope: str, *, is_host: bool, prefix: str) -> None:
        for key, value in node.value:
            self.definitions.append(
                Definition(
                    str(key.value),
                    scope,
                    is_host,
                    source.shown,
                    prefix,
                    key,
                    value,
                    source.encrypted,
                    len(self.definitions),
                )
            )

    def _group(self, source: SourceFile, key: yaml.Node, body: yaml.Node) -> None:
        """Read `group: {hosts:, vars:, children:}`."""
        name = str(key.value)
        self.group_places.setdefault(name, (source.shown, key.start_mark.line + 1))
        if not isinstance(body, yaml.MappingNode):
            self.child_groups.add(name)
            return
        self.written_groups.add(name)
        for section, content in body.value:
            if section.value not in _SECTIONS:
                cure = suggest(section.value, _SECTIONS) or "a group holds hosts, vars and children only"
                self._problem(source, section, f"{name}.{section.value}", f"is not read by Ansible; {cure}")
            elif isinstance(content, yaml.SequenceNode):
                cure = "write each as a key of its own, ending in a colon, without the dash"
                self._problem(source, section, f"{name}.{section.value}", f"is a list; {cure}")
            elif isinstance(content, yaml.MappingNode):
                self._section(source, name, section.value, content)

    def _section(self, source: SourceFile, group: str, section: str, content: yaml.MappingNode) -> None:
        if section == "vars":
            self._variables(source, content, group, is_host=False, prefix=f"{group}.")
            return
        for key, body in content.value:
            if section == "children":
                self._group(source, key, body)
                continue
            name = str(key.value)
            self.hosts.setdefault(name, (source.shown, key.start_mark.line + 1))
            if isinstance(body, yaml.MappingNode):
                self._variables(source, body, name, is_host=True, prefix=f"{name}.")
            elif body.value not in ("", "null", "~"):
                cure = f"write its variables below it, as in `{name}: {{ansible_host: 192.0.2.10}}`"
                self._problem(source, key, f"{group}.hosts.{name}", f"has a value, no variables; {cure}")
