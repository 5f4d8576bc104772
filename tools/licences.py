"""Write build/licences.md, every pinned package with its licence as its metadata says: `make licences`."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "build" / "licences.md"
HEAD = """\
# Licences of what is installed

What `make run` and `make test` install, as the packages' own metadata says; SPDX identifiers. Wheels may hold other
libraries under licences of their own, which they carry with them. The code of this project is under Apache-2.0, its
corpus under CC-BY-4.0.

| package | version | licence |
|---|---|---|
"""
_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
FREE = frozenset[str](_TOLD["free"])
WRITTEN: Mapping[str, str] = _TOLD["written"]
ELSEWHERE: Mapping[str, str] = _TOLD["elsewhere"]
READ: Mapping[str, str] = {**_TOLD["read"], **ELSEWHERE}
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)", re.M)


class Package(NamedTuple):
    """A pin and the licence it comes under; ``None``: unknown."""

    name: str
    version: str
    licence: str | None

    @property
    def is_free(self) -> bool:
        """Return whether the whole expression is listed as free, or every licence in it."""
        named = set(filter(None, re.split(r"[()]| AND | OR ", self.licence or "")))
        return self.licence in FREE or (bool(named) and named <= FREE)


def packages() -> Iterator[Package]:
    """Yield what is pinned, torch included."""
    pins: dict[str, str] = {}
    for file in ("requirements-test.lock", "constraints.txt"):
        found = _PIN.findall((ROOT / file).read_text("utf-8"))
        pins |= {canonicalize_name(name): version for name, version in found}
    for name in sorted(pins):
        yield Package(name, pins[name], licence_of(name))


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


def main() -> int:
    """Write the page; return the exit status."""
    found = list(packages())
    if wrong := [each.name for each in found if not each.is_free]:
        print(f"no free licence is known of {', '.join(wrong)}: read it, then say it in tools/licences.toml")
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(HEAD + "".join(f"| {' | '.join(map(str, each))} |\n" for each in found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
