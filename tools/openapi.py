"""Write docs/reference/openapi.json: `python tools/openapi.py`, with `--ask` to ask its examples again.

Asking needs the real encoder and an index of the starter corpus; run it when answers or the corpus changed. Without it
only the description is updated, which needs neither.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"
EXAMPLES = Path(__file__).with_name("openapi_examples.json")  # by operation and name

QUESTIONS: dict[str, dict[str, Any]] = {
    "answered": {"question": "Can low B12 damage nerves without anaemia?"},
    "follow_up": {"question": "What about metformin?", "history": ["Which medicines lower B12?"]},
    "no_answer": {"question": "Who won the football on Sunday?"},
    "emergency": {"question": "My legs gave way this morning and I cannot pass urine."},
}
SEARCHES: dict[str, dict[str, Any]] = {"phrase": {"question": "folic acid hides the anaemia", "k": 2}}


def main() -> None:
    if "--ask" in sys.argv[1:]:
        write(EXAMPLES, examples())
    write(DOCUMENT, document())


def document() -> dict[str, Any]:
    """Return the description as the code has it now; nothing is loaded for it."""
    from b12assistant.api import Workspace
    from b12assistant.corpus.entries import load_page_words
    from b12assistant.web.service import build_router, describe

    described, recorded = (
        describe(build_router(Workspace).routes, load_page_words()),
        json.loads(EXAMPLES.read_text("utf-8")),
    )
    for path in described["paths"].values():
        for operation in path.values():
            exemplify(operation, recorded[operation["operationId"]])
    return described


def exemplify(operation: dict[str, Any], examples: dict[str, Any]) -> None:
    """Add recorded requests with their responses to an operation."""
    answers = {name: {"value": example["response"]} for name, example in examples.items()}
    if answers:
        operation["responses"]["200"]["content"]["application/json"]["examples"] = answers
    asked = {name: {"value": example["request"]} for name, example in examples.items() if "request" in example}
    if asked:
        operation["requestBody"]["content"]["application/json"]["examples"] = asked
    for parameter in operation.get("parameters", []):
        given = {name: example.get("parameters", {}) for name, example in examples.items()}
        values = {name: {"value": all_[parameter["name"]]} for name, all_ in given.items() if parameter["name"] in all_}
        if values:
            parameter["examples"] = values


def as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def write(file: Path, value: object) -> None:
    file.write_text(as_text(value), "utf-8")
    print(f"wrote {file.relative_to(ROOT)}")


def examples() -> dict[str, Any]:
    """Ask every example of a fresh index, through the routes themselves."""
    from starlette.testclient import TestClient

    from b12assistant.api import Workspace
    from b12assistant.config import load_configuration
    from b12assistant.web.service import build_app

    with tempfile.TemporaryDirectory() as index:
        flags = {"paths.corpus": str(ROOT / "corpus"), "paths.index": index}
        space = Workspace(load_configuration(environment={}, flags=flags))
        space.index()
        return asked(TestClient(build_app(lambda: space)))


def asked(client: Any) -> dict[str, Any]:
    def post(path: str, bodies: dict[str, dict[str, Any]]) -> dict[str, Any]:
        return {
            name: {"request": body, "response": answered(client.post(path, json=body))} for name, body in bodies.items()
        }

    def get(path: str, **parameters: object) -> dict[str, Any]:
        return {
            "parameters": parameters,
            "response": answered(client.get(path.format(**parameters), params=parameters)),
        }

    def look(path: str, **parameters: object) -> dict[str, Any]:
        return {"parameters": parameters, "response": answered(client.get(path.format(**parameters)))}

    found = post("/api/v1/search", SEARCHES)
    first = found["phrase"]["response"]["hits"][0]
    documents = client.get("/api/v1/documents").json()["documents"]
    shortest = min(documents, key=lambda each: each["characters"])
    return {
        "ask": post("/api/v1/ask", QUESTIONS),
        "search": found,
        "list_documents": {"page": get("/api/v1/documents", limit=2, offset=0)},
        "get_document": {"document": look("/api/v1/documents/{id}", id=shortest["document"])},
        "get_passage": {"passage": look("/api/v1/passages/{id}", id=first["passage"])},
        "healthz": {"alive": look("/healthz")},
        "readyz": {"ready": look("/readyz")},
    }


def answered(response: Any) -> dict[str, Any]:
    """Return the response; an error is not an example."""
    if response.status_code != 200:
        raise SystemExit(f"{response.url}: {response.status_code} {response.text}")
    return dict(response.json())


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    main()
