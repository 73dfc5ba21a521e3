import ast
import re
from collections.abc import Mapping

import pytest

from bot.app import build
from bot.events import EventType, from_line, to_line
from bot.metrics import Metrics
from bot.settings import Settings
from storage import open_store
from tests.repo.reading import FOLDERS, coded, modules, named, page, section, table, tree
from tests.web_house import make_settings

PAGE = page("docs/operating.md")


async def test_every_route_is_on_the_page() -> None:
    """The routes of docs/operating.md are those that the server has, each of them and no other."""
    settings = make_settings()
    store = await open_store(settings.database_url, "Acme", "Europe/Berlin")
    application = (await build(settings, store=store)).application()
    there = {
        f"{route.method} {route.resource.canonical}"
        for route in application.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    await store.close()
    told = [coded(row[0])[0] for row in table(section(PAGE, "## Routes"))]
    assert sorted(told) == sorted(there)


def told_settings() -> Mapping[str, tuple[str, str]]:
    """Read the table of settings: name to meaning and default."""
    rows = table(section(PAGE, "## Settings"))
    return {coded(row[0])[0]: (row[1], row[2]) for row in rows}


def test_every_setting_is_on_the_page() -> None:
    """The table of settings has those of the class, in its order."""
    assert list(told_settings()) == [str(field.validation_alias) for field in Settings.model_fields.values()]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_settings_default_is_on_the_page(name: str) -> None:
    """What a setting is without being set is what the page says."""
    field = Settings.model_fields[name]
    default = told_settings()[str(field.validation_alias)][1]
    if field.default is None:
        assert default.startswith("not set")
    else:
        value = str(int(field.default)) if isinstance(field.default, bool) else str(field.default)
        assert default == f"`{value}`"


def test_every_setting_has_its_home() -> None:
    """A setting that a page or the code names is one that there is."""
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    pattern = re.compile(r"\b(?:LAPS|SLACK|MICROSOFT)_[A-Z][A-Z_]+[A-Z]\b(?!…|\*)")
    for name in (
        "README.md",
        "docs/operating.md",
        "docs/teams.md",
        "docs/lessons.md",
        "Dockerfile",
        "Makefile",
    ):
        assert set(pattern.findall(page(name))) <= known, name
    for module in modules(*FOLDERS):
        strings = (n.value for n in ast.walk(tree(module)) if isinstance(n, ast.Constant))
        found = {word for s in strings if isinstance(s, str) for word in pattern.findall(s)}
        assert found <= known, named(module)


def test_every_metric_is_on_the_page() -> None:
    """The table of metrics has those that /metrics answers, with their labels."""
    rows = table(section(PAGE, "## Metrics"))
    told = {coded(row[0])[0]: coded(row[1]) for row in rows}
    answered = re.findall(r"^# TYPE (\w+) ", Metrics().page().decode(), re.MULTILINE)
    assert list(told) == answered
    source = page("bot/metrics.py")
    for name, labels in told.items():
        made = source.partition(f'"{name}"')[2].partition("registry=")[0]
        assert re.findall(r'\(?"(\w+)",?(?=[,)])', made.rpartition("(")[2]) == labels or not labels, name


def test_every_type_of_event_is_on_the_page() -> None:
    """The table of event types is the one in the program, sentence for sentence."""
    rows = table(section(PAGE, "## Adoption events"))
    assert [(coded(kind)[0], meaning) for kind, meaning in rows] == [(e.value, e.meaning) for e in EventType]
    assert all(kind.meaning.endswith(".") for kind in EventType)


def logged_actions() -> dict[str, list[str]]:
    """Find the action of every line that is logged; "" where it has none."""
    found: dict[str, list[str]] = {}
    for module in modules(*FOLDERS):
        names = {
            k.value: v.value
            for node in ast.walk(tree(module))
            if isinstance(node, ast.Dict)
            for k, v in zip(node.keys, node.values, strict=True)
            if isinstance(k, ast.Constant) and k.value == "action" and isinstance(v, ast.Constant)
        }
        for node in ast.walk(tree(module)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of = node.func.value
            if isinstance(of, ast.Name) and of.id in ("log", "logger", "_LOG", "_log"):
                extra = next((k.value for k in node.keywords if k.arg == "extra"), None)
                action = names.get("action", "") if isinstance(extra, ast.Name) else _action(extra)
                found.setdefault(str(action), []).append(f"{named(module)}:{node.lineno}")
    return found


def _action(extra: ast.expr | None) -> str:
    if isinstance(extra, ast.Dict):
        for key, value in zip(extra.keys, extra.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "action" and isinstance(value, ast.Constant):
                return str(value.value)
    return ""


def test_every_line_of_the_log_is_on_the_page() -> None:
    """Whatever is logged has an action; the table has each of them, and no other but a library's."""
    found = logged_actions()
    assert found.pop("", []) == []
    told = [action for row in table(section(PAGE, "## Log")) for action in coded(row[0])]
    assert sorted(told) == sorted([*found, "note"])


def test_the_event_on_the_page_is_one() -> None:
    """The line that docs/operating.md shows is one that can be imported, and that Laps would write so."""
    [line] = re.findall(r"```json\n(.*)\n```", PAGE)
    assert to_line(from_line(line)) == line
