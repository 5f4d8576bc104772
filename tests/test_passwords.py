"""The file of who may log in, and what wrong tries of a password cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import b12

from b12assistant.errors import ConfigError, UsageError
from b12assistant.web import passwords
from b12assistant.web.passwords import Passwords
from b12assistant.web.tries import MOST, WINDOW, Tries

RIGHT = "correct horse battery"


def test_tries_of_one_network_count_together_and_those_of_others_do_not() -> None:
    now = [0.0]
    tries = Tries(lambda: now[0])
    assert [tries.wait(f"2001:db8::{number}") for number in range(MOST)] == [0] * MOST
    assert tries.wait("2001:db8::ffff") == WINDOW
    assert tries.wait("2001:db8:0:1::1") == 0
    assert tries.wait("192.0.2.1") == 0
    now[0] = WINDOW
    assert tries.wait("2001:db8::1") == 0


def test_a_right_try_forgives_the_wrong_ones_before() -> None:
    tries = Tries(lambda: 0.0)
    for _ in range(3 * MOST):
        assert tries.wait("192.0.2.1") == 0
        tries.forgive("192.0.2.1")


def test_senders_are_forgotten_before_they_fill_the_memory() -> None:
    tries = Tries(lambda: 0.0)
    for number in range(12_000):
        tries.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(tries._wrong) == 10_000


def test_a_password_is_the_same_however_it_is_composed(tmp_path: Path) -> None:
    file = tmp_path / "passwords.txt"
    passwords.write(file, "anna", "caf\u00e9 caf\u00e9 caf\u00e9")
    assert Passwords(file).is_right("anna", "cafe\u0301 cafe\u0301 cafe\u0301")
    assert not Passwords(file).is_right("anna", "cafe cafe cafe")
    assert not Passwords(file).is_right("nobody", "nobody's")


def test_what_is_written_is_for_its_owner_and_holds_no_password(tmp_path: Path) -> None:
    file = tmp_path / "passwords.txt"
    passwords.write(file, "anna", RIGHT)
    passwords.write(file, "ben", RIGHT)
    passwords.write(file, "anna", RIGHT[::-1])
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(passwords.read(file)) == ["anna", "ben"]
    assert RIGHT not in file.read_text()
    assert file.read_text().count("$argon2id$") == 2
    assert Passwords(file).is_right("anna", RIGHT[::-1])
    assert [path.name for path in tmp_path.iterdir()] == ["passwords.txt"]


@pytest.mark.parametrize(
    ("name", "password"),
    [("", RIGHT), ("a:b", RIGHT), ("a\nb", RIGHT), (" a", RIGHT), ("a" * 65, RIGHT), ("a", "short")],
)
def test_a_name_or_password_that_will_not_do(name: str, password: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        passwords.write(tmp_path / "passwords.txt", name, password)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_by_its_name(tmp_path: Path) -> None:
    for file in (tmp_path / "none" / "passwords.txt", tmp_path):
        with pytest.raises(ConfigError, match=rf"^{file} cannot be written"):
            passwords.write(file, "anna", RIGHT)


@pytest.mark.parametrize("text", ["anna:secret\n", "anna\n", ":\n", "\n", "anna:$argon2id$v=19$m=1\n"])
def test_a_file_of_something_else_is_refused_by_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "passwords.txt"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"line 1: .*b12assistant password"):
        Passwords(file)
    with pytest.raises(ConfigError):
        passwords.write(file, "anna", RIGHT)
    assert file.read_text() == text


def test_a_missing_or_empty_file_lets_nobody_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Passwords(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ConfigError, match="nobody may log in"):
        Passwords(tmp_path / "empty.txt")


@pytest.mark.slow
def test_the_command_writes_it(tmp_path: Path) -> None:
    done = b12("password", "passwords.txt", "anna", cwd=tmp_path, typed=f"{RIGHT}\n".encode())
    assert (done.status, done.out) == (0, "")
    assert Passwords(tmp_path / "passwords.txt").is_right("anna", RIGHT)
    short = b12("password", "passwords.txt", "ben", cwd=tmp_path, typed=b"short\n")
    assert short.status == 2
    assert "12 to 1,000 characters" in short.complaint
