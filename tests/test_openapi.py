"""The description of the API matches the code, and its examples are real answers."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from b12assistant.application.quote_checks import check_quote, quotes_of
from b12assistant.display import json_form
from b12assistant.loaders import load
from b12assistant.web import http_models

ROOT = Path(__file__).parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "openapi.py"))
EXAMPLES = json.loads(TOOL["EXAMPLES"].read_text("utf-8"))
FORMS: dict[str, type[json_form.Form]] = {
    "ask": json_form.AskResponse,
    "search": json_form.SearchResponse,
    "list_documents": http_models.DocumentsResponse,
    "get_document": http_models.DocumentResponse,
    "get_passage": http_models.PassageResponse,
    "healthz": http_models.Alive,
    "readyz": http_models.Ready,
}
REQUESTS: dict[str, type[json_form.Form]] = {"ask": http_models.AskRequest, "search": http_models.SearchRequest}
CASES = [(operation, name) for operation, examples in EXAMPLES.items() for name in examples]


def test_the_description_in_docs_is_that_of_the_code() -> None:
    written = (ROOT / "docs" / "reference" / "openapi.json").read_text("utf-8")
    assert written == TOOL["as_text"](TOOL["document"]()), "run: python tools/openapi.py"


def test_every_operation_has_an_example_and_lists_its_problems() -> None:
    operations = [each for path in TOOL["document"]()["paths"].values() for each in path.values()]
    assert {each["operationId"] for each in operations} == EXAMPLES.keys() == FORMS.keys()
    for operation in operations:
        assert operation["responses"]["200"]["content"]["application/json"]["examples"]
        failing = {status: each["content"] for status, each in operation["responses"].items() if status != "200"}
        assert all(list(content) == ["application/problem+json"] for content in failing.values())


@pytest.mark.parametrize(("operation", "name"), CASES)
def test_an_example_has_the_form_it_is_an_example_of(operation: str, name: str) -> None:
    example = EXAMPLES[operation][name]
    FORMS[operation].model_validate(example["response"])
    if "request" in example:
        REQUESTS[operation].model_validate(example["request"])


@pytest.mark.parametrize("name", EXAMPLES["ask"])
def test_an_example_quotes_the_corpus_word_for_word(name: str) -> None:
    for quote in quotes_of(EXAMPLES["ask"][name]["response"]):
        file = ROOT / "corpus" / quote["document"]
        text = load(file.read_bytes(), file.name).text
        assert check_quote(quote, text) is None, "the corpus changed; run: python tools/openapi.py --ask"


def test_a_missing_value_is_null_and_an_unknown_one_is_refused() -> None:
    reply = EXAMPLES["ask"]["emergency"]["response"]
    for broken in (
        {**reply, "extra": 1},
        {key: value for key, value in reply.items() if key != "index"},
        {**reply, "answer": {key: value for key, value in reply["answer"].items() if key != "reason"}},
    ):
        with pytest.raises(ValueError, match="validation error"):
            json_form.AskResponse.model_validate(json.loads(json.dumps(broken)))
