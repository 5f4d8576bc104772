import re
from collections.abc import Iterator

import pytest

from b12assistant import errors
from b12assistant.errors import AssistantError, UsageError


def family(root: type[AssistantError] = AssistantError) -> Iterator[type[AssistantError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from family(child)


def drawn() -> Iterator[tuple[str, str]]:
    """Child and parent, as the docstring draws them."""
    path: list[str] = []
    for branch, name in re.findall(r"^([│ ]*[├└]── )?(\w+Error)\b", errors.__doc__ or "", re.M):
        path[len(branch) // 4 :] = [name]
        yield name, path[-2] if len(path) > 1 else "Exception"


ALL = list(family())


def test_the_tree_in_the_docstring_is_the_tree_in_code() -> None:
    assert list(drawn()) == [(error.__name__, error.__bases__[0].__name__) for error in ALL]


def test_every_error_of_the_module_is_in_the_tree() -> None:
    public = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert public == {error.__name__ for error in ALL}


def test_codes_are_unique() -> None:
    codes = [error.code for error in ALL]
    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.code)
def test_only_wrong_use_exits_with_2(error: type[AssistantError]) -> None:
    assert error.exit_status == (2 if issubclass(error, UsageError) else 1)


@pytest.mark.parametrize(("hint", "line"), [("do this", "It broke: do this"), ("", "It broke")], ids=["hint", "none"])
def test_an_error_is_one_line_with_its_hint(hint: str, line: str) -> None:
    assert str(AssistantError("It broke", hint=hint)) == line
