"""Check the corpus: `python tools/corpus_check.py`, with `--against FOLDER` for words copied from other texts.

One line for each finding, then the reading grade of each document. The exit status is 1 if there is a finding. What
`b12assistant index` refuses is not checked again.
"""

import argparse
import sys
from pathlib import Path

from corpus_checks import language, sources
from corpus_checks.reading import Finding, Text, read_corpus

CORPUS = Path(__file__).resolve().parent.parent / "corpus"


def check(corpus: Path, against: Path | None = None) -> tuple[list[Finding], tuple[Text, ...]]:
    """Return all findings, and the documents as the index reads them."""
    texts, origins, findings = read_corpus(corpus)
    curation = sources.Curation.load(corpus)
    rules = curation.rules
    findings += sources.check_metadata(texts)
    findings += sources.check_provenance(corpus, texts, origins)
    findings += sources.check_addresses(origins, curation)
    findings += sources.check_marks(texts)
    findings += sources.check_disputes(corpus)
    findings += sources.check_references(curation, texts)
    findings += language.check_repetition(texts)
    findings += language.check_lengths(texts, rules.most_words)
    findings += language.check_openings(texts, frozenset(rules.openings))
    findings += language.check_spelling(
        texts, words=frozenset(map(str.casefold, rules.words)), glossaries=frozenset(rules.glossaries)
    )
    findings += language.check_grades(texts, rules.grades)
    if against is not None:
        findings += sources.check_overlap(corpus, texts, curation, against)
    return findings, texts


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="find runs of 8 words that its files hold too")
    options = parser.parse_args()
    findings, texts = check(CORPUS, options.against)
    for finding in findings:
        print(finding)
    for text in texts:
        print(f"grade {language.reading_grade(text.sentences):5.1f}  {len(text.sentences):4} sentences  {text.file}")
    sentences = sum(len(text.sentences) for text in texts)
    print(f"{len(texts)} documents, {sentences} sentences, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
