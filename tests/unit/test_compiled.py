"""Templates that are compiled once in a run: what is kept, what is not, and what happens where nothing can be."""

import os

import jinja2
import pytest

from bongsu import compiled


@pytest.fixture
def compilations(tmp_path, monkeypatch):
    """Texts that Jinja has compiled; all processes share ``tmp_path``."""
    seen = []

    def counted(self, source, *how, **named):
        seen.append(source)
        return original(self, source, *how, **named)

    original = compiled._compile
    monkeypatch.setattr(jinja2.Environment, "compile", original)
    monkeypatch.setattr(compiled, "_compile", counted)
    monkeypatch.setattr(compiled, "_known", {})
    compiled.once(tmp_path)
    return seen


def environment(**how):
    return jinja2.Environment(**how)  # noqa: S701 - nothing of it is shown in a browser


def another_process():
    compiled._known.clear()


def test_what_one_process_compiles_the_others_have(compilations, tmp_path):
    text = "{% for i in range(n) %}{{ i | string }} {% endfor %}"
    assert environment().from_string(text).render(n=3) == "0 1 2 "
    another_process()
    assert environment().from_string(text).render(n=2) == "0 1 "
    assert compilations == [text]
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_one_that_was_forked_leaves_it_to_its_parent(compilations):
    if not (child := os.fork()):
        try:
            environment().from_string("{{ 1 + 1 }}")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert environment().from_string("{{ 1 + 1 }}").render() == "2"
    assert compilations == []


def test_another_syntax_gives_another_meaning(compilations):
    text = "{% if true %}\nyes{% endif %}"
    assert environment().from_string(text).render() == "\nyes"
    assert environment(trim_blocks=True).from_string(text).render() == "yes"
    assert environment(block_start_string="<%").from_string(text).render() == text
    assert len(compilations) == 3


def test_errors_are_told_each_time(compilations):
    for _ in range(2):
        with pytest.raises(jinja2.TemplateSyntaxError):
            environment().from_string("{{ 1 +")
    assert len(compilations) == 2


@pytest.mark.parametrize("text", [r"{{ '\\' }}", "a\\b"])
def test_one_with_a_backslash_is_not_kept(compilations, tmp_path, text):
    for _ in range(2):
        environment().from_string(text)
    assert compilations == [text] * 2
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_loaded_by_name_is_jinjas_own(compilations):
    loading = environment(loader=jinja2.DictLoader({"a": "{{ 2 }}"}))
    assert loading.get_template("a").render() == "2"
    assert compilations == ["{{ 2 }}"]


def test_what_cannot_be_read_is_compiled_again(compilations, tmp_path):
    for _ in range(2):
        another_process()
        assert environment().from_string("{{ 4 }}").render() == "4"
        (kept,) = tmp_path.iterdir()
        kept.write_bytes(kept.read_bytes()[:9])
    assert len(compilations) == 2


def test_where_nothing_can_be_kept_it_is_compiled(compilations, tmp_path):
    tmp_path.rmdir()
    for _ in range(2):
        another_process()
        assert environment().from_string("{{ 3 }}").render() == "3"
    assert len(compilations) == 2
