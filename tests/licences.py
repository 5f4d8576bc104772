"""The licence of every pinned package, as its metadata or `licences.toml` says."""

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
FREE = frozenset[str](_TOLD["free"])
WRITTEN: Mapping[str, str] = _TOLD["written"]
ELSEWHERE: Mapping[str, str] = _TOLD["elsewhere"]
READ: Mapping[str, str] = {**_TOLD["read"], **ELSEWHERE}
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==", re.M)


def not_free() -> list[str]:
    """Return what is pinned, torch included, under no licence that is known and free."""
    files = ("requirements-test.lock", "constraints.txt")
    pins = {canonicalize_name(name) for file in files for name in _PIN.findall((ROOT / file).read_text("utf-8"))}
    return sorted(name for name in pins if not is_free(licence_of(name)))


def is_free(licence: str | None) -> bool:
    """Return whether the whole expression is listed as free, or every licence in it."""
    named = set(filter(None, re.split(r"[()]| AND | OR ", licence or "")))
    return licence in FREE or (bool(named) and named <= FREE)


def licence_of(name: str) -> str | None:
    """Return an SPDX expression, if the package's metadata holds one in some form."""
    if told := READ.get(name):
        return told
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return None
    said = about.get_all("Classifier") or []
    classes = [each.rpartition(" :: ")[2] for each in said if each.startswith("License ::")]
    written = (about["License-Expression"], about["License"], " AND ".join(WRITTEN.get(each, each) for each in classes))
    for each in ((each or "").strip() for each in written):
        with suppress(InvalidLicenseExpression):
            return str(canonicalize_license_expression(WRITTEN.get(each, each)))
    return None
