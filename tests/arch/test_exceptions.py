"""How failure is written down: four families, one seam for each library, and nothing caught that nobody understands."""

from __future__ import annotations

import ast

from tests.arch.sources import Source, sources

# The tops, each with what it does with an error that nothing below understood.
CATCH_ALL = {
    "relay/front/__main__.py": "ends one connection, counts it and logs it: a peer must not switch the service off",
    "relay/gate/__main__.py": "as the front, for one relay's connection",
    "relay/scanner/__main__.py": "as the front, for one file's connection",
    "policy/engine/evaluate.py": "a rule set that fails on a request denies it: nobody knows what it would have said",
    "policy/shadow.py": "ends the shadow of one request and is told as `failed`: what is not in force yet must not stop what is",
    "relay/ops/lifecycle.py": "ends one reload and logs it: what was in force goes on serving",
    "relay/ops/start.py": "the end of a role: logs it and chooses the exit code",
}
# `except*`: only around a nursery, or a trio.run, that the same function opened.
EXCEPTION_GROUPS = {
    "relay/lab/demo_command.py",
    "relay/lab/lab_command.py",
    "relay/ops/start.py",
    "relay/run_command.py",
}
TOO_VAGUE = {"Exception", "BaseException", "RuntimeError", "AssertionError", "SystemError"}
FOR_ARGUMENTS = {"ValueError", "TypeError", "LookupError", "KeyError", "NotImplementedError", "OSError"}


def names(node: ast.AST | None) -> set[str]:
    """Every name in a raise's or an except's expression: `trio.Cancelled` is both of its words."""
    if node is None:
        return set()
    found = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return found | {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}


def raised(node: ast.Raise) -> str:
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return error.id if isinstance(error, ast.Name) else ""


def place(source: Source, node: ast.AST) -> str:
    return f"{source.name}:{node.lineno}"  # type: ignore[attr-defined]  # statements have a line


def is_raised_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def handlers() -> list[tuple[Source, ast.ExceptHandler]]:
    return [(source, node) for source in sources() for node in source.nodes(ast.ExceptHandler)]  # type: ignore[misc]  # filtered by kind


def test_no_error_is_raised_that_means_nothing() -> None:
    vague, seen = [], 0
    for source in sources():
        for node in source.nodes(ast.Raise):
            seen += 1
            if raised(node) in TOO_VAGUE:  # type: ignore[arg-type]  # filtered by kind
                vague.append(place(source, node))
    assert vague == []
    assert seen > 400


def test_everything_is_caught_in_the_tops_only() -> None:
    found = set()
    for source, handler in handlers():
        assert handler.type is not None, f"{place(source, handler)}: a bare except"
        caught = names(handler.type)
        if "BaseException" in caught:
            assert is_raised_again(handler), f"{place(source, handler)}: swallows cancellation"
        if "Exception" in caught and not is_raised_again(handler):
            found.add(source.name)
    assert found == set(CATCH_ALL)


def test_cancellation_is_never_caught() -> None:
    for source, handler in handlers():
        assert "Cancelled" not in names(handler.type), place(source, handler)


def test_nothing_is_suppressed_wholesale() -> None:
    for source in sources():
        for node in source.nodes(ast.Call):
            if "suppress" in names(node.func):  # type: ignore[attr-defined]  # a call has a func
                assert not TOO_VAGUE & names(node), place(source, node)


def test_groups_are_taken_apart_only_where_a_nursery_was_opened() -> None:
    found = {source.name for source in sources() if any(source.nodes(ast.TryStar))}
    assert found == EXCEPTION_GROUPS


def test_checks_are_not_assertions() -> None:
    """`python -O` must not take a check away."""
    assert [place(source, node) for source in sources() for node in source.nodes(ast.Assert)] == []


def test_a_cause_is_kept_or_its_absence_explained() -> None:
    """`from None` throws away what an operator may need. Where the cause is private to the function it may go."""
    dropped = [
        place(source, node)
        for source in sources()
        for node in source.nodes(ast.Raise)
        if isinstance(node.cause, ast.Constant)  # type: ignore[attr-defined]  # a raise has a cause
        and "#" not in source.line(node)
        and "except _" not in source.text.splitlines()[node.lineno - 3]  # type: ignore[attr-defined]  # as above
    ]
    assert dropped == []


def test_what_must_hold_raises_and_does_not_return_bool() -> None:
    """A result that must not be ignored is no result."""
    verbs = ("verify", "check", "validate", "authorise", "authenticate", "redeem", "require")
    asked = [
        (place(source, node), node.returns)  # type: ignore[attr-defined]  # a function has an annotation
        for source in sources()
        for node in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if node.name.lstrip("_").startswith(verbs)  # type: ignore[attr-defined]  # and a name
    ]
    assert len(asked) > 20
    assert [where for where, returns in asked if "bool" in names(returns)] == []
