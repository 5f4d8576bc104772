"""The weights of refusal over a corpus whose sentences are not asked anything (`refusal.py`).

Fourteen corpora are written into `build/unasked` and indexed: the two of `examples/`, eight of our own libraries
(`benchmarks/data/libraries`; the other four are for measuring), and a part of each of four collections, without the
documents that answer some of its questions: those are near misses; questions of other collections are off topic. A
question counts in full if the first quote is right, .65 if one of three is, else .3.
"""

import random
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ranking.datasets import TEST, load_dataset
from scipy.optimize import minimize

from b12assistant.answering.assistant import turns_of
from b12assistant.answering.signals import Calibration, Signals, load_barring, load_calibration
from b12assistant.api import Workspace
from b12assistant.display.quoted import spans_text
from b12assistant.evaluation.labelled_set import is_hit
from fit.data import DATA, ROOT, rows, workspace

EXAMPLES = ("council", "oven")
LIBRARIES = ("allotments", "backup-tool", "campsite", "espresso", "helpdesk", "makerspace", "swimclub", "webframework")
COLLECTIONS = {"covidqa": (60, 40), "cranfield": (60, 40), "npl": (35, 25), "cisi": (35, 25)}  # answered, near misses
SIGNS = {"closeness": 1, "absent": -1, "unknown": -1, "ahead": 1, "headed": 1}
SHARES = {"answered": 0.5, "near": 0.25, "off": 0.25}
RIGHT, IN_THREE, NOT = 1.0, 0.65, 0.3
# Chosen by what was kept and refused (docs/decisions/06-refusal.md); a longer question is judged as a short one.
LOGITS = {"possibly": -0.48, "longer": -0.48, "message": -0.73, "answered": 1.5}
PENALTY = 0.02
DOCUMENTS, RELEVANT, LONGEST, OFF = 260, 6, 250, 20
_BLOCK = re.compile(r'^```\w+ title="corpus/([^"]+)"\n(.*?)^```', re.M | re.S)


@dataclass(frozen=True, slots=True)
class Row:
    """A question: its kind, the signals of its first quote, and how right that is."""

    kind: str
    signals: Signals
    right: float


def tutorial(folder: Path) -> None:
    """Write the documents of the tutorial."""
    text = (ROOT / "docs/tutorials/own-corpus.md").read_text("utf-8")
    for name, content in _BLOCK.findall(text):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")


def corpus_of(datasets: Path, name: str, folder: Path) -> list[dict[str, Any]]:
    """Write one of the corpora; return its questions."""
    if name in COLLECTIONS:
        return part_of(datasets, name, folder)
    if name == "oven":
        tutorial(folder)
    else:
        shutil.copytree(place_of(name) / "corpus", folder, dirs_exist_ok=True)
    return list(rows(place_of(name) / "questions.jsonl"))


def place_of(name: str) -> Path:
    """Return the folder of an example or of one of our own libraries."""
    return next(each / name for each in (ROOT / "examples", DATA / "libraries") if (each / name).exists())


def part_of(datasets: Path, name: str, folder: Path) -> list[dict[str, Any]]:
    """Write a part of a collection as a corpus; return its questions, with the documents that answer them."""
    rng = random.Random(7)
    data = load_dataset(datasets / name, TEST)
    texts, asked = {text.id: text for text in data.texts}, {id_: text.strip() for id_, text in data.queries.items()}
    least = 2 if name == "cranfield" else 1
    relevant = {query: [each for each, grade in data.qrels[query].items() if grade >= least] for query in asked}
    usable = [query for query in asked if relevant[query] and len(asked[query]) < LONGEST]
    rng.shuffle(usable)
    most, near = COLLECTIONS[name]
    answered, held_out = usable[:most], usable[most : most + near]
    banned = {document for query in held_out for document in relevant[query]}
    first = [document for query in answered for document in [d for d in relevant[query] if d not in banned][:RELEVANT]]
    rest = [document for document in texts if document not in banned and document not in set(first)]
    rng.shuffle(rest)
    kept = list(dict.fromkeys([*first, *rest[: max(0, DOCUMENTS - len(set(first)))]]))
    folder.mkdir(parents=True, exist_ok=True)
    for document in kept:
        title = " ".join((texts[document].title or document).split())
        (folder / f"{document}.md").write_text(f"# {title}\n\n{texts[document].text}\n", "utf-8")
    others = [
        row["text"].strip()
        for other in COLLECTIONS
        if other != name
        for row in rows(datasets / other / "queries.jsonl")
    ]
    council = [row["question"] for row in rows(ROOT / "examples/council/questions.jsonl")]
    off = [*rng.sample([text for text in others if len(text) < LONGEST], OFF), *council[:OFF]]
    return [
        *({"question": asked[query], "kind": "answered", "documents": relevant[query]} for query in answered),
        *({"question": asked[query], "kind": "near"} for query in held_out),
        *({"question": text, "kind": "off"} for text in off),
    ]


def asked_of(space: Workspace, questions: list[dict[str, Any]]) -> Iterator[Row]:
    """Ask each question; one of a message counts as a question."""
    for asked in questions:
        turns = turns_of(asked["question"], asked.get("history", ()))
        for read in map(space.assistant._found, space.assistant.thread.questions(turns)):
            if not read.windows:
                continue
            right = [
                window.passage.document.id.removesuffix(".md") in asked["documents"]
                if "documents" in asked
                else any(is_hit(spans_text(window.spans), gold) for gold in asked.get("gold", ()))
                for window in read.windows[:3]
            ]
            kind = asked["kind"] if asked["kind"] in ("near", "off") else "answered"
            kind = "near" if kind == "answered" and not (asked.get("gold") or asked.get("documents")) else kind
            yield Row(kind, read.windows[0].signals, RIGHT if right[0] else IN_THREE if any(right) else NOT)


def weighed(x: np.ndarray, y: np.ndarray, weights: np.ndarray, of: Mapping[str, int]) -> np.ndarray:
    """Return logistic weights of the signals, then the bias; none against its sign. Both classes count the same."""
    scale = x.std(axis=0) + 1e-9
    signs = np.array(list(of.values()))
    z, centre = x * signs / scale, (x * signs / scale).mean(axis=0)
    balanced = np.where(y, weights / weights[y].sum(), weights / weights[~y].sum()) / 2

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        total = (z - centre) @ theta[:-1] + theta[-1]
        slope = balanced * (1 / (1 + np.exp(-total)) - y)
        value = float((balanced * np.logaddexp(0, np.where(y, -total, total))).sum())
        penalty = PENALTY * np.append(theta[:-1], 0)
        return value + float(penalty @ theta) / 2, np.append((z - centre).T @ slope, slope.sum()) + penalty

    bounds = [(0, None)] * len(of) + [(None, None)]
    theta = minimize(loss, np.zeros(len(of) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.append(theta[:-1] * signs / scale, theta[-1] - centre @ theta[:-1])


def weights_of(found: list[list[Row]]) -> dict[str, float]:
    """Return the weights; each corpus counts the same, and each kind by its share."""
    x, y, weights = [], [], []
    for asked in found:
        counts = {
            kind: sum(row.right if kind == "answered" else 1 for row in asked if row.kind == kind) for kind in SHARES
        }
        for row in asked:
            x.append([getattr(row.signals, name) for name in SIGNS])
            y.append(row.kind == "answered")
            weights.append(SHARES[row.kind] * (row.right if y[-1] else 1) / counts[row.kind])
    theta = weighed(np.array(x), np.array(y), np.array(weights), SIGNS)
    return dict(zip((*SIGNS, "bias"), theta.tolist(), strict=True))


def fitted(datasets: Path) -> Calibration:
    """Return what ships with the weights fitted anew."""
    asked: list[list[Row]] = []
    for name in (*EXAMPLES, *LIBRARIES, *COLLECTIONS):
        folder = ROOT / "build" / "unasked" / name
        questions = corpus_of(datasets, name, folder / "corpus")
        space = workspace(folder / "corpus", folder / "index")
        space.index()
        asked.append(list(asked_of(space, questions)))
    weights, shipped = weights_of(asked), load_calibration()
    before = shipped.where_unasked or shipped  # what is asked and barred keeps its weights: few of these corpora ask
    cuts = {name: 1 / (1 + np.exp(-logit)) for name, logit in LOGITS.items()}
    # Nothing asked and nothing barred adds 0.
    bias = weights.pop("bias") - before.unasked - before.barred * load_barring()["usual"]
    values: dict[str, Any] = {name: round(float(value), 4) for name, value in {**weights, **cuts, "bias": bias}.items()}
    return replace(shipped, where_unasked=replace(before, **values, where_unasked=None))
