import ast
import inspect
import re
import statistics
import tomllib
from itertools import permutations

import pytest

from bot import errors
from bot.errors import LapsError
from tests.repo.reading import FOLDERS, files, modules, named, page, tree

LINES = 500
"""Of a module; more has to be justified here."""

JUSTIFIED = {"bot/model.py": "the words of the core in one place: frozen values, no logic"}


def test_no_module_is_too_long() -> None:
    """A module that nobody can keep in mind is split, but for those that are justified."""
    long = {named(path) for path in modules(*FOLDERS) if len(path.read_text().splitlines()) > LINES}
    assert long == {*JUSTIFIED}


def test_functions_are_short() -> None:
    """Half of the functions have under ten lines, and none has over eighty."""
    lengths = {
        f"{named(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in modules(*FOLDERS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert statistics.median(lengths.values()) < 10
    assert {name: length for name, length in lengths.items() if length > 80} == {}


def test_every_test_says_what_it_shows() -> None:
    """The docstring of every test is one sentence, in one line."""
    for path in modules("tests"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                said = ast.get_docstring(node) or ""
                assert said.endswith(".") and "\n" not in said, f"{named(path)}:{node.lineno} {node.name}"


def test_nothing_is_left_out_or_waited_for() -> None:
    """No test is skipped or expected to fail, and none sleeps."""
    forbidden = re.compile(r"pytest\.(?:mark\.)?(?:skip|skipif|xfail)\b|\btime\.sleep\(|unittest" + r"\.mock")
    for path in modules("tests"):
        if path.name.startswith("test_") and path.name != "test_code.py":
            assert forbidden.findall(path.read_text()) == [], named(path)


# ---------------------------------------------------------------- errors

TREE = [error for _, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, LapsError)]
LEAVES = [error for error in TREE if not error.__subclasses__() or error is errors.UnknownPerson]
USED = {
    node.id if isinstance(node, ast.Name) else node.attr
    for path in modules(*FOLDERS)
    if named(path) != "bot/errors.py"
    for node in ast.walk(tree(path))
    if isinstance(node, ast.Name | ast.Attribute)
}
MENDED = (errors.SetupError, errors.Refusal, errors.BadCredentials, errors.StorageUnavailable)
"""Where somebody can do something: they get a hint. Of the rest Laps takes care itself."""


def every_error() -> list[type[LapsError]]:
    """List the errors of all modules."""
    found = [LapsError]
    for error in found:
        found += error.__subclasses__()
    return found


@pytest.mark.parametrize("error", TREE)
def test_an_error_is_explained(error: type[LapsError]) -> None:
    """Every error says in its docstring when it comes, and stands in the tree that opens the module."""
    assert (error.__doc__ or "").strip().endswith(".")
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


@pytest.mark.parametrize("error", LEAVES)
def test_an_error_is_used(error: type[LapsError]) -> None:
    """Every error that is no mere branch is raised or caught somewhere."""
    assert error.__name__ in USED


@pytest.mark.parametrize("error", [error for error in LEAVES if issubclass(error, MENDED)])
def test_an_error_says_the_mend(error: type[LapsError]) -> None:
    """Whoever can do something about it is told what."""
    assert error.hint or "self.hint = " in inspect.getsource(error)


def test_all_errors_stand_in_the_tree() -> None:
    """No other module has errors of its own in the tree."""
    assert {error for error in every_error() if error.__module__.split(".")[0] in FOLDERS} == {*TREE}


# ---------------------------------------------------------------- who may import what

CONTRACTS = tomllib.loads(page("pyproject.toml"))["tool"]["importlinter"]["contracts"]

APART = [
    *(("lessons", other) for other in ("bot", "adapters", "scheduler", "storage")),
    *(("bot", other) for other in ("adapters", "scheduler", "storage")),
    *permutations(("adapters", "scheduler", "storage"), 2),
    ("adapters", "lessons"),
    ("storage", "lessons"),
    *((place, "apscheduler") for place in ("bot", "lessons", "adapters", "storage")),
    *((place, "sqlalchemy") for place in ("bot", "lessons", "adapters", "scheduler")),
    *((place, "asyncpg") for place in ("bot", "lessons", "adapters", "scheduler")),
    *((place, "alembic") for place in ("bot", "lessons", "adapters", "scheduler")),
    *((place, "slack_sdk") for place in ("bot", "lessons", "scheduler", "storage")),
    *((place, "slack_bolt") for place in ("bot", "lessons", "scheduler", "storage")),
    *((place, "botbuilder") for place in ("bot", "lessons", "scheduler", "storage")),
    *((place, "aiohttp") for place in ("bot", "lessons", "scheduler", "storage")),
    *((place, "rich") for place in ("bot", "lessons", "adapters", "scheduler", "storage")),
]
"""What the map keeps apart: the first must not import the second."""


@pytest.mark.parametrize(("place", "other"), APART)
def test_the_map_is_held_by_a_contract(place: str, other: str) -> None:
    """Every line of the map has its contract in pyproject.toml, which `make check` holds."""
    assert any(
        (c["type"] == "forbidden" and place in c["source_modules"] and other in c["forbidden_modules"])
        or (c["type"] == "independence" and {place, other} <= {*c["modules"]})
        for c in CONTRACTS
    )


def test_the_map_is_held_for_channels_and_the_meeting_place() -> None:
    """No channel imports another, and nobody but the command imports bot.app."""
    assert any(c["type"] == "independence" and c["modules"] == ["adapters.*"] for c in CONTRACTS)
    assert any(c["type"] == "protected" and c["protected_modules"] == ["bot.app"] for c in CONTRACTS)
    excepted = {i.partition(" -> ")[0] for c in CONTRACTS for i in c.get("ignore_imports", [])}
    assert {name for name in excepted if name.startswith("bot")} <= {
        "bot.__main__",
        "bot.app",
        "bot.cli.**",
        "bot.preview.**",
        "bot.metrics",
        "bot.settings",
        "bot.watching",
    }


# ---------------------------------------------------------------- what does not belong here

HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "yarnpkg" + ".com")
HOMES = re.compile(r"(?<![\w.])/(?:home|Users|root|mnt|work)/\w|\b[A-Z]:\\\\Users")
LATER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b(?!\",)")


def test_nothing_of_elsewhere_is_here() -> None:
    """No file names a package registry's host, somebody's own folders, or work put off."""
    found = []
    for path in files():
        if path.suffix != ".png" and not path.name.endswith(".min.js"):  # that is a library, kept as it is
            text = path.read_text(encoding="utf-8")
            words = [*(host for host in HOSTS if host in text), *HOMES.findall(text), *LATER.findall(text)]
            found += [(named(path), word) for word in words]
    rules = {"pyproject.toml", "lessons/private.py"}  # there they are the rules against it
    assert [(name, word) for name, word in found if name not in rules or not LATER.fullmatch(word)] == []
