"""Reports of every kind, as `evaluate --out` writes them, made by the code that writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fakes import FakeWorkspace

from b12assistant.evaluation import auditing, red_flag_html, scoring
from b12assistant.evaluation.bench import Bench, Request
from b12assistant.evaluation.runs import write_whole

TINY = Path(__file__).parent / "fixtures" / "tiny_collection"
QUESTIONS = [
    {"id": "wraps", "question": "What wraps every nerve: myelin?", "gold": ["Myelin wraps every nerve."]},
    {"id": "sign", "question": "What is an early sign?", "gold": ["Metformin lowers cobalamin in some people."]},
    {
        "id": "drip",
        "question": "What costs forty dollars: golden drip?",
        "gold": ["Our golden drip costs forty dollars"],
    },
    {"id": "<b>paint</b>", "question": "Do plants <script>window.__ran=1</script> of paint and brass?", "gold": []},
    {"id": "none", "question": "Who won the world cup of chess in 1998?", "gold": []},
]
MESSAGES = [
    {"id": "1", "text": "I can't breathe", "level": "emergency", "kind": "medical", "trap": "terse"},
    {"id": "2", "text": "What is myelin?", "level": "none", "trap": "none"},
    {"id": "3", "text": "What is myelin made of?", "level": "urgent", "trap": "none"},
]


def lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_reports(space: FakeWorkspace, folder: Path) -> Path:
    """`questions`, `ranking` and `red-flags` in ``folder``, which is not the corpus's."""
    inputs = folder.parent / "inputs"
    scoring.score(space, lines(inputs / "questions.jsonl", QUESTIONS), folder / "questions")
    Bench(space, Request(TINY, out=folder / "ranking", cache=inputs / "cache")).report()
    figures = auditing.audit(space, lines(inputs / "messages.jsonl", MESSAGES))
    write_whole(folder / "red-flags" / "report.json", json.dumps({"kind": "red_flags", **figures}))
    write_whole(folder / "red-flags" / "audit.html", red_flag_html.page(figures))
    return folder
