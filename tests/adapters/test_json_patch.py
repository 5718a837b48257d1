"""JSON Patch: the examples of RFC 6902 (appendix A), and what a patch may not do."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_adapters.json_patch import (
    DEPTH_MAX,
    NODES_MAX,
    OPERATIONS_MAX,
    SIZE_MAX,
    MalformedPatchError,
    PatchError,
    apply_patch,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def _op(op: str, path: str, **more: object) -> dict[str, object]:
    return {"op": op, "path": path, **more}


@pytest.mark.parametrize(
    ("document", "patch", "after"),
    [
        ({"foo": "bar"}, [_op("add", "/baz", value="qux")], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["bar", "baz"]}, [_op("add", "/foo/1", value="qux")], {"foo": ["bar", "qux", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, [_op("remove", "/baz")], {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, [_op("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
        ({"baz": "qux"}, [_op("replace", "/baz", value="boo")], {"baz": "boo"}),
        (
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [_op("move", "/qux/thud", **{"from": "/foo/waldo"})],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        (
            {"foo": ["all", "grass", "cows", "eat"]},
            [_op("move", "/foo/3", **{"from": "/foo/1"})],
            {"foo": ["all", "cows", "eat", "grass"]},
        ),
        ({"a": [1]}, [_op("copy", "/b", **{"from": "/a"})], {"a": [1], "b": [1]}),
        ({"foo": "bar"}, [_op("add", "/child", value={"grandchild": {}})],
         {"foo": "bar", "child": {"grandchild": {}}}),
        ({"foo": ["bar"]}, [_op("add", "/foo/-", value=["abc", "def"])], {"foo": ["bar", ["abc", "def"]]}),
        ({"/": 9, "~1": 10}, [_op("test", "/~01", value=10)], {"/": 9, "~1": 10}),
        ({"foo": "bar"}, [_op("add", "/baz", value="qux", xyz=123)], {"foo": "bar", "baz": "qux"}),
        ({"a": 1}, [_op("replace", "", value=[1])], [1]),
        ({"a": {"b": [1, True, None]}}, [_op("test", "/a", value={"b": [1, True, None]})],
         {"a": {"b": [1, True, None]}}),
    ],
)  # fmt: skip
def test_a_patch_is_applied(document: object, patch: list[object], after: object) -> None:
    """As the RFC's examples say; the document that was given stays as it was."""
    before = copy.deepcopy(document)
    assert apply_patch(document, patch) == after
    assert document == before


@pytest.mark.parametrize(
    ("document", "patch"),
    [
        ({"baz": "qux"}, [_op("test", "/baz", value="bar")]),
        ({"foo": "bar"}, [_op("add", "/baz/bat", value="qux")]),
        ({"a": 1}, [_op("test", "/a", value=True)]),
        ({"a": "10"}, [_op("test", "/a", value=10)]),
        ({"a": [1]}, [_op("add", "/a/2", value=1)]),
        ({"a": [1]}, [_op("remove", "/a/-")]),
        ({"a": [1]}, [_op("remove", "/a/01")]),
        ({"a": [1]}, [_op("replace", "/a/-1", value=1)]),
        ({"a": 1}, [_op("replace", "/b", value=1)]),
        ({"a": {"b": 1}}, [_op("move", "/a/b/c", **{"from": "/a/b"})]),
        ({"a": 1}, [_op("copy", "/b", **{"from": "/c"})]),
        ({"a": 1}, [_op("remove", "/a/b")]),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(document: object, patch: list[object]) -> None:
    """A place that is not there, a test that fails; true is not one."""
    with pytest.raises(PatchError) as refused:
        apply_patch(document, patch)
    assert not isinstance(refused.value, MalformedPatchError)
    assert str(refused.value).startswith("Operation 1: ")


@pytest.mark.parametrize(
    "patch",
    [
        {}, [1], [{}], [_op("guess", "/a")], [{"op": ["add"], "path": ""}], [{"op": "remove"}],
        [_op("remove", "a")], [_op("remove", "/a~2")], [_op("add", "/a")], [_op("move", "/a")],
        [_op("remove", "/a")] * (OPERATIONS_MAX + 1),
    ],
)  # fmt: skip
def test_what_is_no_patch_is_refused(patch: object) -> None:
    """Whatever the document is."""
    with pytest.raises(MalformedPatchError):
        apply_patch({"a": 1}, patch)


def test_a_document_does_not_grow_without_end() -> None:
    """Copies of copies double it: that ends at the limit, long before memory does."""
    doubling = [_op("copy", "/-", **{"from": ""})] * OPERATIONS_MAX
    with pytest.raises(PatchError, match="too large"):
        apply_patch(list(range(NODES_MAX // 2)), doubling)


@pytest.mark.parametrize("grown", [["x" * 50_000], [{"x" * 50_000: 1}], [10**4000] * 20])
def test_long_texts_do_not_multiply(grown: list[object]) -> None:
    """Few values can be many characters: copies share them in memory, and not when they are written."""
    copies = [_op("copy", "/-", **{"from": ""})] * 12
    with pytest.raises(PatchError, match=r"^Operation [1-9]: the document becomes too large"):
        apply_patch(grown, copies)
    assert len(apply_patch(["x" * (SIZE_MAX // 2)], [_op("copy", "/-", **{"from": "/0"})])) == 2


def _nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "patch",
    [
        [_op("add", "/a", value=_nested(DEPTH_MAX))],
        [_op("test", "/a", value=_nested(5_000))],
        [
            _op("add", "/a", value=_nested(DEPTH_MAX - 1)),
            _op("add", "/a" + "/0" * (DEPTH_MAX - 2), value=[[]]),
        ],
        [_op("add", "/a", value=_nested(DEPTH_MAX - 1)), _op("copy", "/a/0", **{"from": "/a"})],
    ],
)
def test_a_document_does_not_become_too_deep(patch: list[object]) -> None:
    """Neither by a value nor by a copy put into what is deep: what reads it afterwards would stumble."""
    with pytest.raises(PatchError, match="too deep"):
        apply_patch({"a": 1}, patch)
    assert apply_patch({}, [_op("add", "/a", value=_nested(DEPTH_MAX - 1))])


def test_what_is_too_large_is_not_copied() -> None:
    """A document that somebody else made too deep to be copied again is refused as well."""
    with pytest.raises(PatchError, match="too deep"):
        apply_patch([_nested(DEPTH_MAX)], [_op("copy", "/-", **{"from": "/0"})])


@given(VALUES, VALUES, st.text("ab/~", max_size=3))
def test_what_is_added_is_there_and_can_be_taken_out_again(kept: object, added: object, name: str) -> None:
    """Under any name, escaped as the pointers want it."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    document = {f"{name}x": kept}
    there = apply_patch(document, [_op("add", pointer, value=added), _op("test", pointer, value=added)])
    assert there == document | {name: added}
    assert apply_patch(there, [_op("remove", pointer)]) == document
