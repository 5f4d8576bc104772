"""The description of the HTTP API (OpenAPI 3.1), with examples that are real answers, kept as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from b12assistant.web.http_corpus import Problem

Json = dict[str, Any]
SCHEMAS = "#/components/schemas/{model}"
_TITLE = "b12assistant"
_ABOUT = (
    "Answers about vitamin B12 deficiency and nerve damage, only by quoting a curated corpus. Every quote is a slice "
    "of a document's text and says who speaks. Offsets are code points, half-open. Errors are problem documents "
    "(RFC 9457)."
)


def describe(routes: Sequence[BaseRoute], examples: Json) -> Json:
    """The document. ``examples``: by operation and name, each a ``request`` or ``parameters`` with its ``response``."""
    document = get_openapi(title=_TITLE, version="1", description=_ABOUT, routes=routes)
    problem = Problem.model_json_schema(ref_template=SCHEMAS)
    schemas = document["components"]["schemas"]
    schemas.update(problem.pop("$defs", {}), Problem=problem)
    for theirs in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form of a problem, which is never sent
        schemas.pop(theirs, None)
    for path in document["paths"].values():
        for operation in path.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
            _exemplify(operation, examples.get(operation["operationId"], {}))
    return document


def load_examples() -> Json:
    """Questions that were asked of the starter corpus, and what came back."""
    file = resources.files("b12assistant").joinpath("data", "http", "examples.json")
    return dict(json.loads(file.read_text("utf-8")))


def _exemplify(operation: Json, examples: Json) -> None:
    answers = {name: {"value": each["response"]} for name, each in examples.items()}
    if answers:
        operation["responses"]["200"]["content"]["application/json"]["examples"] = answers
    asked = {name: {"value": each["request"]} for name, each in examples.items() if "request" in each}
    if asked:
        operation["requestBody"]["content"]["application/json"]["examples"] = asked
    for parameter in operation.get("parameters", []):
        given = {name: each.get("parameters", {}) for name, each in examples.items()}
        values = {name: {"value": all_[parameter["name"]]} for name, all_ in given.items() if parameter["name"] in all_}
        if values:
            parameter["examples"] = values
