import re
import tomllib
from fnmatch import fnmatch

import pytest

from tests.repo.reading import FOLDERS, ROOT, page

INSTRUCTION = re.compile(r"^([A-Z]+) (.*)$")


def stages() -> list[list[tuple[str, str]]]:
    """Read the Dockerfile: its stages, each a list of instructions with their arguments."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", page("Dockerfile"), flags=re.MULTILINE))
    found: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        if match := INSTRUCTION.match(line):
            if match[1] == "FROM":
                found.append([])
            found[-1].append((match[1], match[2]))
    return found


PACKAGES, IMAGE = stages()


def said(instruction: str) -> list[str]:
    """Give the arguments of an instruction in the image itself."""
    return [argument for name, argument in IMAGE if name == instruction]


def test_only_locked_packages_come_in() -> None:
    """Packages come from the lock, with hashes, and nothing that only the tests want is among them."""
    [install] = [argument for name, argument in PACKAGES if name == "RUN"]
    assert "--require-hashes --no-deps -r /tmp/fast.lock" in install
    [own] = [argument for argument in said("RUN") if "pip install" in argument]
    assert "--no-deps" in own and "--no-build-isolation" in own and own.count("pip install") == 1
    lock = page("requirements/fast.lock")
    project = tomllib.loads(page("pyproject.toml"))["project"]
    for wish in project["optional-dependencies"]["dev"]:
        name = re.split(r"[=<>\[]", wish)[0]
        assert not re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE), name
    assert re.search(r"^setuptools==", lock, re.MULTILINE), "what --no-build-isolation needs"


def test_every_folder_of_the_server_comes_in() -> None:
    """What the server consists of is copied, and let in by .dockerignore, which keeps out all else."""
    lines = [line for line in page(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source for argument in said("COPY") if "--from" not in argument for source in argument.split()[:-1]
    }
    copied |= {argument.split()[0] for name, argument in PACKAGES if name == "COPY"}
    assert copied == let_in == {*FOLDERS, "pyproject.toml", "lessons.yaml", "requirements/fast.lock"}
    assert all((ROOT / name).exists() for name in copied)
    assert any(fnmatch("bot/__pycache__", line) for line in lines)


def test_an_ordinary_user_may_write_the_database_only() -> None:
    """The server is no root, and of its folder only var, the volume, is its own."""
    names = [name for name, _ in IMAGE]
    assert said("USER") == ["laps"] and names.index("USER") > max(
        i for i, n in enumerate(names) if n == "RUN"
    )
    assert said("VOLUME") == ["/laps/var"] and said("WORKDIR") == ["/laps"]
    runs = " ".join(said("RUN"))
    assert "useradd --system" in runs and re.findall(r"chown \S+ (\S+)", runs) == ["var"]
    assert not any("--chown" in argument for argument in said("COPY"))


def test_the_same_server_starts_and_hears_its_signals() -> None:
    """`laps run` is the container's first process, without a shell before it that would keep SIGTERM back."""
    assert said("CMD") == ['["laps", "run", "--host", "0.0.0.0", "--port", "3978"]']
    assert said("ENTRYPOINT") == [] and said("STOPSIGNAL") == []
    assert said("EXPOSE") == ["3978"]


def test_its_health_is_asked_for_on_its_port() -> None:
    """The health check asks /healthz with what the image has anyway."""
    [check] = said("HEALTHCHECK")
    assert "http://127.0.0.1:3978/healthz" in check and 'CMD ["python", "-c"' in check


@pytest.mark.parametrize("setting", ["LAPS_", "SLACK_", "MICROSOFT_", "PIP_INDEX", "http_proxy"])
def test_nothing_of_one_installation_is_baked_in(setting: str) -> None:
    """Settings and secrets come when the container starts."""
    assert setting not in page("Dockerfile")


def test_the_python_of_the_image_is_supported() -> None:
    """Both stages have one Python, and it is one that the project allows."""
    images = {argument.split()[0] for name, argument in (*PACKAGES, *IMAGE) if name == "FROM"}
    [image] = images
    match = re.fullmatch(r"python:3\.(\d+)-slim", image)
    assert match and int(match[1]) >= 11
