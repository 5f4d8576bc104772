"""Compare first answers with other systems over the shipped corpus: right ones, and how much there is to read.

    python benchmarks/answers.py INDEX [FILE] [--peers build/peers/bin/python]

FILE holds labelled questions (`benchmarks/data/questions/test.jsonl`). All systems get the texts of the documents as
the product reads them, and use the same weights. A part or quote is right if it holds an accepted sentence
(`labelled_set.py`); a long part holds one more easily, so the characters of the first are given too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from refusal_data import CORPUS, workspace

from b12assistant.evaluation.labelled_set import is_hit, joined_text, load_labelled, mean_of

HERE = Path(__file__).parent
SYSTEMS_FILE = HERE / "peers" / "answer_systems.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("file", nargs="?", type=Path, default=HERE / "data" / "questions" / "test.jsonl")
    parser.add_argument("--peers", default=str(HERE.parent / "build" / "peers" / "bin" / "python"))
    arguments = parser.parse_args()
    space = workspace(CORPUS, arguments.index)
    labelled = load_labelled(arguments.file)
    questions = [each.question for each in labelled]
    texts = [document.text for document in space.engine.collection.documents]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"texts": texts, "questions": questions}, file)
        file.flush()
        command = [arguments.peers, SYSTEMS_FILE, file.name]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - our own script
    found = {
        "b12assistant": [
            [joined_text(quote.spans) for quote in space.ask(question).answer.quotes] for question in questions
        ],
        **json.loads(printed),
    }
    print("| system | first one right | one of three right | characters of the first, median |\n|---|---|---|---:|")
    for name, parts in found.items():
        right = [
            [any(is_hit(part, gold) for gold in each.accepted) for part in three]
            for each, three in zip(labelled, parts, strict=True)
        ]
        first, any_ = mean_of([any(row[:1]) for row in right]), mean_of([any(row) for row in right])
        characters = median(len(three[0]) for three in parts if three)
        shares = " | ".join(f"{each['mean']:.3f} [{each['low']:.3f}, {each['high']:.3f}]" for each in (first, any_))
        print(f"| {name} | {shares} | {characters:.0f} |")


if __name__ == "__main__":
    main()
