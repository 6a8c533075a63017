"""Change one variable in the text of a vars file that a person keeps: every other line stays as it was written.

Pure text in, text out. What cannot be changed without touching more than the variable is refused, never guessed at.
"""

from __future__ import annotations

from typing import Any

import yaml

from bongsu.errors import BadInput

_CURE = "write it as a line `name:` with its value indented below, or make the change by hand"


class _Blocks(yaml.SafeDumper):
    """Writes texts of several lines in block style, and lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML calls it so
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Blocks.add_representer(str, _text)


def as_yaml(values: dict[str, Any]) -> str:
    """Return variables as YAML lines, certificates and keys as blocks that can be read."""
    return yaml.dump(values, Dumper=_Blocks, width=1000, sort_keys=True, allow_unicode=True)


def sealed(variable: str, vault_text: str) -> str:
    """Return the lines of a variable whose value alone is encrypted."""
    return f"{variable}: !vault |\n" + "".join(f"  {line}\n" for line in vault_text.splitlines())


def put(text: str, variable: str, lines: str, *, after: str = "") -> str:
    """Replace the variable by `lines` (its YAML, from column 0); a missing one is added below the variable `after`."""
    found = _entry(text, variable)
    anchor = found or _entry(text, after)
    if anchor is None:
        raise BadInput(f"{after or variable} is not written there")
    begin, end, column = _region(text, *anchor)
    indented = "".join(" " * column + line if line.strip() else line for line in lines.splitlines(keepends=True))
    return _replaced(text, begin if found else end, end, indented, variable, lines)


def drop(text: str, variable: str, comment: str = "") -> str:
    """Take the variable out, with the one-line `comment` above it if it is there."""
    found = _entry(text, variable)
    if found is None:
        return text
    begin, end, _column = _region(text, *found)
    if comment and begin and text.splitlines()[begin - 1].strip() == comment:
        begin -= 1
    return _replaced(text, begin, end, "", variable, "")


def append(text: str, variable: str, item: dict[str, str]) -> str:
    """Add an item to the end of a list, which is added to the end of the text when it is missing or empty."""
    whole = as_yaml({variable: [item]})
    found = _entry(text, variable)
    if found is None:
        begin = len(text.splitlines())
        return _replaced(text, begin, begin, whole, variable, whole)
    if not isinstance(found[1], yaml.SequenceNode) or not found[1].value:
        return put(text, variable, whole)
    begin, end, _column = _region(text, *found)
    indent = " " * (found[1].value[0].start_mark.column - 2)
    added = "".join(f"{indent}{line[2:]}\n" for line in whole.splitlines()[1:])
    expected = [*_shape(found[1])[1], *_shape(_only(whole, variable))[1]]
    return _replaced(text, end, end, added, variable, (found[1].tag, expected))


def _replaced(text: str, begin: int, end: int, new: str, variable: str, expected: Any) -> str:
    """Replace lines of the text; BadInput unless the variable, and nothing else, is what has changed."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    changed = "".join([*lines[:begin], new, *lines[end:]])
    if isinstance(expected, str):
        expected = _shape(_only(expected, variable)) if expected else None
    try:
        now = _entry(changed, variable)
        fits = (None if now is None else _shape(now[1])) == expected
        fits = fits and _others(changed, variable) == _others(text, variable)
    except yaml.YAMLError:
        fits = False
    if not fits:
        raise BadInput(f"{variable} is not written so that it can be changed without touching more; {_CURE}")
    return changed


def _tree(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _only(text: str, variable: str) -> yaml.Node | None:
    found = _entry(text, variable)
    return None if found is None else found[1]


def _entry(text: str, variable: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return key and value of the one place where the variable is written, however deep."""
    found = list(_entries(_tree(text), variable)) if variable else []
    if len(found) > 1:
        raise BadInput(f"{variable} is written {len(found)} times; keep one of them")
    return found[0] if found else None


def _entries(node: yaml.Node | None, variable: str) -> list[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        here = [(key, value) for key, value in node.value if key.value == variable]
        return here + [entry for _key, value in node.value for entry in _entries(value, variable)]
    if isinstance(node, yaml.SequenceNode):
        return [entry for value in node.value for entry in _entries(value, variable)]
    return []


def _region(text: str, key: yaml.Node, value: yaml.Node) -> tuple[int, int, int]:
    """Return the lines [begin, end) of a variable, and the column in which its key stands."""
    lines = text.splitlines()
    begin, column = key.start_mark.line, key.start_mark.column
    end = begin + 1
    for number, line in enumerate(lines[begin + 1 :], begin + 1):
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        if bare and (indent > column or (indent == column and bare.startswith("- ") and _is_list(value))):
            end = number + 1
        elif bare and not bare.startswith("#"):
            break
    return begin, end, column


def _is_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode)


def _others(text: str, variable: str) -> Any:
    """Return what a text says beside the variable; a text that says nothing is as an empty mapping."""
    tree = _tree(text)
    return _shape(tree, variable) if isinstance(tree, yaml.MappingNode) else ("tag:yaml.org,2002:map", [])


def _shape(node: yaml.Node | None, without: str = "") -> Any:
    """Return what a node says as comparable values, leaving one variable out."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(_shape(key), _shape(value, without)) for key, value in node.value if key.value != without]
        return (node.tag, pairs)
    if isinstance(node, yaml.SequenceNode):
        return (node.tag, [_shape(value, without) for value in node.value])
    return None if node is None else (node.tag, node.value)
