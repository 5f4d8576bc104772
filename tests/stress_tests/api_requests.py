"""Requests generated from the API's description, valid and invalid; the answers must match it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from serving import small_space

from b12assistant.web.service import build_app
from stress_tests.runner import Tries

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# Operations with valid and invalid requests, and those with valid ones only: any path is valid, health takes nothing.
BOTH = ("POST /api/v1/ask", "POST /api/v1/search")
ONLY = ("GET /api/v1/documents/{id}", "GET /api/v1/passages/{id}", "GET /healthz", "GET /readyz")
SERIES = (*((label, mode) for label in BOTH for mode in (POSITIVE, NEGATIVE)), *((label, POSITIVE) for label in ONLY))
_TOO_LARGE = 413


def api_requests(count: int, folder: Path) -> Tries:
    """About ``count`` requests, the same number of each series; these operations and no others must be described."""
    space = small_space(folder)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", build_app(lambda: space))
    operations: dict[str, Any] = {each.label: each for each in _described(schema)}
    if operations.keys() != {*BOTH, *ONLY}:
        yield f"described are {sorted(operations)}"
    for label, mode in SERIES:
        yield from _series(operations[label], mode, count // len(SERIES))


def _described(schema: Any) -> Iterator[Any]:
    for each in schema.get_all_operations():
        yield each.ok()


def _series(operation: Any, mode: GenerationMode, count: int) -> list[str | None]:
    faults: list[str | None] = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        faults.append(_fault(case))

    ask()
    return faults


def _fault(case: Any) -> str | None:
    """What in the answer is not as described; a server error is always wrong."""
    response = case.call()
    # A description cannot say which questions have a word, and schemathesis does not expect a body that is too long.
    excluded = [positive_data_acceptance, *([negative_data_rejection] if response.status_code == _TOO_LARGE else [])]
    try:
        case.validate_response(response, excluded_checks=excluded)
    except FailureGroup as group:
        return "; ".join(f"{case.formatted_path}: {' '.join(str(each).split())}" for each in group.exceptions)
    return None
