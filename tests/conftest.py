"""For every test: no network, no deadline for generated cases, and the acceptance data if there is any."""

import fcntl
import ipaddress
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from shell import Call, Done
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from fakes import FakeWorkspace

    from b12assistant.api import Workspace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported, as the commands do

ROOT = Path(__file__).parent.parent
PACKAGED_INDEX = ROOT / "src" / "b12assistant" / "data" / "index"

# A deadline would measure the machine, not the code. In CI the cases never change; under stress there are more.
settings.register_profile("local", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, max_examples=25, derandomize=True)
settings.register_profile("stress", deadline=None, max_examples=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local"))


class NetworkRefusedError(RuntimeError):
    """Not an ``OSError``, because code that ignores failed connections would hide it."""


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Loopback and unix sockets are allowed, to reach a server under test."""
    match event, arguments:
        case "socket.connect" | "socket.sendto" | "socket.sendmsg", (_, (host, *_)):
            pass
        case "socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr", (host, *_):
            pass
        case "socket.getnameinfo", ((host, *_),):
            pass
        case _:
            return
    if not _is_here(host):
        raise NetworkRefusedError(f"a test tried to reach the network: {event} {host!r}")


# An audit hook sees what a patched ``socket.socket`` cannot: name look-ups, datagrams, other threads, references taken
# before the patch, and imports while tests are collected. It cannot be removed, which is the point.
sys.addaudithook(_refuse_network)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow files first, so that none ends alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


ALONE = ("tests/test_stress.py",)  # each of its tests takes seconds and shares nothing
# Importing torch takes seconds.
TOGETHER = dict.fromkeys((f"tests/test_{name}.py" for name in ("encoding", "onnx", "threads")), "torch")


def group_of(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return nodeid if file in ALONE else TOGETHER.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process, for its fixtures.

    The groups of xdist 3.8 do not: it writes their names where pytest 9 no longer reads them, and deals out each test.
    """
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group_of
    return scheduler


@pytest.fixture(scope="session", autouse=True)
def disk_at_once() -> Iterator[None]:
    """Skip fsync, which matters only if the machine loses power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Use a cache folder of the tests, not that of the person who runs them."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def nothing_packaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Index without the index that ships: to read it takes longer than to make one of a few files."""
    from b12assistant.application import workspace

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "PACKAGED_INDEX", tmp_path_factory.mktemp("nothing"))
        yield


def made_once(name: str, make: Callable[[Path], None], folders: pytest.TempPathFactory) -> Path:
    """A folder that one process of this run makes and all of them read. Copy it before changing it."""
    run = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    folder = run / name
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = folders.mktemp(name)
            make(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small corpus/ and its index/, built by the real encoder."""
    from shell import ANSWERS, b12

    def make(folder: Path) -> None:
        (folder / "corpus").mkdir()
        for name, text in ANSWERS.items():
            (folder / "corpus" / name).write_text(text, "utf-8")
        done = b12("index", "--strict", cwd=folder)
        assert done.status == 0, done

    return made_once("built", make, tmp_path_factory)


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped corpus and its index, built by the real encoder."""
    from b12assistant.api import build_index
    from b12assistant.application import workspace

    def make(folder: Path) -> None:
        shutil.copytree(ROOT / "corpus", folder / "corpus")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workspace, "PACKAGED_INDEX", PACKAGED_INDEX)
            report = build_index(folder / "corpus", folder / "index")
        assert not [each.file for each in report.files if each.embedded], "make packaged"

    return made_once("starter", make, tmp_path_factory)


@pytest.fixture(scope="module")
def shipped(starter: Path) -> "Workspace":
    """The shipped corpus with its index, opened on one core."""
    from b12assistant.api import Workspace
    from b12assistant.config import load_configuration

    flags = {"paths.corpus": str(starter / "corpus"), "paths.index": str(starter / "index"), "encoder.threads": 1}
    return Workspace(load_configuration(environment={}, flags=flags))


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> "FakeWorkspace":
    """The corpus of ``serving.CORPUS``, indexed. Nothing may change it."""
    from serving import small_space

    return small_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """The command line in this process, in a third of the time of one of its own; ``cwd`` stays for later calls."""
    from b12assistant.command import cli

    handler = signal.getsignal(signal.SIGTERM)

    def called(*arguments: str, cwd: Path = Path()) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["b12assistant", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return Done(int(left.value.code or 0), *capfd.readouterr())

    yield called
    signal.signal(signal.SIGTERM, handler)
