"""Write the golden answers, and print what a change did to them: `python tools/golden_answers.py`.

`tests/golden/answers.jsonl` holds the answers to 299 of the labelled questions, and `tests/test_golden.py` asks them
again. Each line has what decides an answer, as ids and offsets without words. CONTRIBUTING.md says when to use what.
"""

import argparse
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from b12assistant.api import Assistant, build_index
from b12assistant.errors import QuestionError

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "benchmarks/data"
CORPUS, INDEX = REPOSITORY / "corpus", REPOSITORY / "index"
GOLDEN = REPOSITORY / "tests/golden/answers.jsonl"
SETS = ("questions", "unanswerable", "conversations", "differences")
WAYS = ("status", "notices", "first quote", "other quotes", "order", "differences")
_SHOWN = 5  # ids that the summary prints for each way of changing

Row = Mapping[str, Any]  # what decides an answer, with the question's id


def labelled() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the id of every labelled question, and its turns; each turn of a conversation is a question."""
    for name in SETS:
        for path in sorted((DATA / name).glob("*.jsonl")):
            for record in read(path):
                texts = [turn["user"] for turn in record.get("turns", ())] or [record["question"]]
                for i in range(len(texts)):
                    yield f"{record['id']}/{i}" if len(texts) > 1 else record["id"], tuple(texts[: i + 1])


def answered(assistant: Assistant, ids: Container[str] | None = None) -> Iterator[Row]:
    """Yield what decides the answer to each labelled question, or to those with the given ids."""
    for id_, (*history, question) in labelled():
        if ids is not None and id_ not in ids:
            continue
        try:
            reply = assistant.ask(question, history=history)
        except QuestionError as error:
            yield {"id": id_, "error": str(error)}
        else:
            yield {"id": id_, **_decisive(assistant.as_json(reply)["answer"])}


def _decisive(answer: dict[str, Any]) -> Row:
    interpretation = answer["interpretation"]
    return {
        "status": answer["status"],
        "reason": answer["reason"],
        "notices": [[notice["kind"], notice["text_id"], notice["rule"]] for notice in answer["notices"]],
        "quotes": [[quote["document"], quote["spans"], quote["best"], quote["strength"]] for quote in answer["quotes"]],
        "differences": [
            [differ["topic_id"], differ["how"], [[side["document"], side["spans"]] for side in differ["sides"]]]
            for differ in answer["disagreements"]
        ],
        "nearest": [[near["document"], near["passage"]] for near in answer["nearest"]],
        "read_as": interpretation and [[part["turn"], part["start"], part["end"]] for part in interpretation["parts"]],
    }


def changes(before: Row, after: Row) -> list[str]:
    """Return in which ways an answer changed; nothing if it did not."""
    if before == after:
        return []
    old, new = ([json.dumps(quote[:2]) for quote in row.get("quotes", ())] for row in (before, after))
    same = sorted(old) == sorted(new)
    ways = {
        **{way: before.get(way) != after.get(way) for way in ("status", "notices", "differences")},
        "first quote": old[:1] != new[:1],
        "other quotes": not same and sorted(old[1:]) != sorted(new[1:]),
        "order": same and old != new,
    }
    return [way for way in WAYS if ways[way]] or ["only details"]


def compared(before: Iterable[Row], after: Iterable[Row]) -> dict[str, list[str]]:
    """Return the ids of the answers that changed, by the way they did."""
    old, new = ({row["id"]: row for row in rows} for rows in (before, after))
    changed: dict[str, list[str]] = {}
    for id_ in dict.fromkeys((*old, *new)):
        for way in changes(old.get(id_, {}), new.get(id_, {})):
            changed.setdefault(way, []).append(id_)
    return changed


def summary(changed: Mapping[str, Sequence[str]], count: int) -> str:
    """Return a line with the total, and one with the first ids for each way of changing."""
    lines = [f"{len(set().union(*changed.values()))} of {count:,} answers changed"]
    for way in dict.fromkeys((*WAYS, *changed)):
        ids = changed.get(way, ())
        lines.append(f"  {way:13}{len(ids):>6}  {', '.join(ids[:_SHOWN])}{' …' if len(ids) > _SHOWN else ''}".rstrip())
    return "\n".join(lines)


def read(path: Path) -> list[Row]:
    """Read a file of answers, one in a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    """Ask and write, or only compare, as the options say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=GOLDEN, metavar="FILE", help="write the answers here")
    parser.add_argument("--all", action="store_true", help="ask every labelled question, not only those chosen")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with this file; asks only with --all")
    options = parser.parse_args()
    if options.all and options.out == GOLDEN:
        parser.error("--all needs --out FILE, because the golden file holds only the chosen answers")
    before = read(options.against or GOLDEN)
    if options.all or not options.against:
        build_index(CORPUS, INDEX)
        ids = None if options.all else {row["id"] for row in before}
        rows = answered(Assistant.open(INDEX, corpus=CORPUS), ids)
        options.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    if options.against or not options.all:
        print(summary(compared(before, read(options.out)), len(before)))


if __name__ == "__main__":
    main()
