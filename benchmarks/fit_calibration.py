"""Fit the first refusal threshold on labelled questions.

    python benchmarks/fit_calibration.py EXAMPLES CORPUS INDEX

``EXAMPLES``: a folder with `qa.jsonl`, `unanswerable.jsonl`, `conversations.jsonl` (its rewrites). ``INDEX``: an
index of ``CORPUS``, the documents that they were labelled on. Writes
`src/b12assistant/data/answering/calibration.toml`: weights,
the cut that keeps 95 % of the answerable (leave-one-out), the one that 10 % of the unanswerable pass, and both figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from b12assistant.api import Workspace
from b12assistant.config import load_configuration

OUT = Path(__file__).parent.parent / "src/b12assistant/data/answering/calibration.toml"
KEPT = 0.95  # of the answerable
PASSED = 0.10  # of the unanswerable


def questions(folder: Path) -> Iterator[tuple[str, bool]]:
    for name in ("qa.jsonl", "unanswerable.jsonl"):
        for line in (folder / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            yield row["question"], bool(row.get("gold"))
    for line in (folder / "conversations.jsonl").read_text("utf-8").splitlines():
        for turn in json.loads(line)["turns"]:
            yield turn["rewrite"], bool(turn["gold"])


def main(examples: Path, corpus: str, index: str) -> None:
    flags = {"paths.corpus": corpus, "paths.index": index}
    space = Workspace(load_configuration(environment={}, flags=flags))
    settings = space.configuration.settings
    signals, labels = [], []
    for question, answerable in questions(examples):
        query = space.engine.query(question)
        windows = space.engine.windows(query, space.engine.hits(query, settings, settings.retrieval.passages), settings)
        unknown = space.engine.collection.lexical.unknown_share(question)
        signals.append((windows[0].score if windows else 0.0, unknown))
        labels.append(answerable)
    x, y = np.array(signals), np.array(labels)
    model = LogisticRegression(class_weight="balanced", C=100.0)
    held_out = cross_val_predict(model, x, y, cv=LeaveOneOut(), method="predict_proba")[:, 1]
    model.fit(x, y)
    possibly, answered = np.quantile(held_out[y], 1 - KEPT), np.quantile(held_out[~y], 1 - PASSED)
    figures = (
        f"{int(y.sum())} answerable, {int((~y).sum())} unanswerable; "
        f"leave-one-out AUROC {roc_auc_score(y, held_out):.2f}; "
        f"possibly: {np.mean(held_out[y] >= possibly):.2f} of the answerable kept, "
        f"{np.mean(held_out[~y] < possibly):.2f} of the unanswerable refused; "
        f"answered: {np.mean(held_out[y] >= answered):.2f} and {np.mean(held_out[~y] < answered):.2f}"
    )
    print(figures)
    OUT.write_text(
        "# Made by: python benchmarks/fit_calibration.py EXAMPLES CORPUS INDEX\n"
        f"# {figures.replace('; ', chr(10) + '# ')}\n\n"
        "[calibration]\n"
        f"bias = {model.intercept_[0]:.4f}\n"
        f"closeness = {model.coef_[0][0]:.4f}\n"
        f"unknown = {model.coef_[0][1]:.4f}\n"
        f"possibly = {possibly:.4f}\n"
        f"answered = {answered:.4f}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
