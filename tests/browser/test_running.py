from __future__ import annotations

from pathlib import Path

import pytest

from browser.running import HOW, find_browser, no_browser


def test_a_browser_is_looked_for_by_name_then_where_playwright_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert find_browser(str(tmp_path / "own")) is None
    (tmp_path / "own").touch()
    assert find_browser(str(tmp_path / "own")) == str(tmp_path / "own")
    (tmp_path / "google-chrome").touch(0o755)
    assert find_browser(str(tmp_path / "own")) == str(tmp_path / "google-chrome")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    assert find_browser(str(tmp_path / "own")) is None


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip), ("true", pytest.fail), ("1", pytest.fail)])
def test_without_a_browser_a_test_is_skipped_but_in_ci_it_fails(
    ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome.Exception, match=HOW[:30]):  # type: ignore[attr-defined]
        no_browser()
