from pathlib import Path

import pytest

from b12assistant.config import DEFAULTS, ONE_OF, Configuration, load_configuration, values_of
from b12assistant.errors import ConfigError

OTHER = {int: 7, float: 0.75, str: "other", bool: True}
KEYS = sorted(DEFAULTS)


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpus").mkdir()
    monkeypatch.chdir(tmp_path)


def other(key: str) -> object:
    """A value that is not the default."""
    return ONE_OF[key][-1] if key in ONE_OF else OTHER[type(DEFAULTS[key])]


def variable(key: str) -> str:
    return f"B12_{key.replace('.', '_').upper()}"


def plain(value: object) -> str:
    """As TOML writes it."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def written(key: str, value: object) -> Configuration:
    """The configuration of a file with one setting."""
    section, name = key.split(".")
    Path("b12assistant.toml").write_text(f"[{section}]\n{name} = {plain(value)}\n", "utf-8")
    return load_configuration(environment={})


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_set_by_the_file_then_the_environment_then_a_flag_and_no_other_with_it(key: str) -> None:
    value, default = other(key), DEFAULTS[key]
    ways: tuple[tuple[object, dict[str, str], dict[str, object], str], ...] = (
        (value, {}, {}, "b12assistant.toml"),
        (default, {variable(key): plain(value).strip("'")}, {}, variable(key)),
        (default, {variable(key): plain(default).strip("'")}, {key: value}, "flag"),
    )
    for in_file, environment, flags, origin in ways:
        written(key, in_file)
        found = load_configuration(environment=environment, flags=flags)
        assert values_of(found.settings) == {**DEFAULTS, key: value}
        assert found.origins[key] == origin
    assert written(key, value).origins == {**dict.fromkeys(DEFAULTS, "default"), key: "b12assistant.toml"}


@pytest.mark.parametrize("key", ONE_OF)
def test_a_value_outside_the_choices_is_refused_and_the_choices_are_named(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} = 'other' is not known: set one of {', '.join(ONE_OF[key])}"):
        load_configuration(environment={}, flags={key: "other"})


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_another_type_is_refused(key: str) -> None:
    wrong = 3 if type(DEFAULTS[key]) is str else "many"
    with pytest.raises(ConfigError, match=rf"^b12assistant\.toml:2: {key} = .* is not (a|true)") as raised:
        written(key, wrong)
    assert raised.value.hint == f"the default is {DEFAULTS[key]!r}"


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("[quoting]\nquotes = 3.0", "is not a whole number"),
        ("[quoting]\nquotes = 0", "is too small"),
        ("[web]\nseconds = nan", "is not a number"),
        ("[paths]\nindex = ''", "is empty"),
    ],
    ids=["float", "zero", "nan", "nowhere"],
)
def test_a_value_that_cannot_work_is_refused(toml: str, complaint: str) -> None:
    Path("b12assistant.toml").write_text(toml, "utf-8")
    with pytest.raises(ConfigError, match=complaint):
        load_configuration(environment={})


@pytest.mark.parametrize(
    ("toml", "key", "hint"),
    [
        ("[quoting]\nquotse = 1", "quoting.quotse", "did you mean 'quoting.quotes'?"),
        ("[quotnig]\nquotes = 1", "quotnig", "did you mean 'quoting'?"),
        ("[zzz]\nzzz = 1", "zzz", "`b12assistant doctor` lists the settings"),
    ],
    ids=["name", "section", "like nothing"],
)
def test_an_unknown_key_comes_with_a_suggestion(toml: str, key: str, hint: str) -> None:
    Path("b12assistant.toml").write_text(toml, "utf-8")
    with pytest.raises(ConfigError, match=rf"^b12assistant\.toml:[12]: unknown setting '{key}'") as raised:
        load_configuration(environment={})
    assert raised.value.hint == hint


def test_an_unknown_variable_comes_with_a_suggestion() -> None:
    name = "B12_QUOTING_QUOTS"
    with pytest.raises(ConfigError, match=f"{name} is not a setting") as raised:
        load_configuration(environment={name: "1"})
    assert raised.value.hint == "did you mean 'B12_QUOTING_QUOTES'?"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in another folder."""
    folder = tmp_path / "elsewhere" / "oven"
    for name in ("corpus", "index"):
        (folder / name).mkdir(parents=True)
    (folder / "b12assistant.toml").write_text("[encoder]\ntuned = false\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    "flags",
    [{"paths.index": "elsewhere/oven"}, {"paths.corpus": "elsewhere/oven/corpus"}],
    ids=["its folder", "its corpus"],
)
def test_a_project_is_opened_with_its_own_settings_from_any_folder(project: Path, flags: dict[str, object]) -> None:
    found = load_configuration(environment={}, flags=flags)
    assert not found.settings.encoder.tuned
    assert Path(found.settings.paths.corpus).resolve() == project / "corpus"
    assert Path(found.settings.paths.index).resolve() == project / "index"
