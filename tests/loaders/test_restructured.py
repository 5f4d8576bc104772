"""reStructuredText is read as a reader sees it."""

import pytest

from b12assistant.loaders import load, restructured
from b12assistant.types import BlockKind


def blocks(source: str) -> list[tuple[str, str]]:
    extract = restructured.load(source.encode())
    return [(b.kind.value, extract.text[b.range.start : b.range.end]) for b in extract.blocks]


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param("An *odd* **word**, ``a*b`` and \\*star\\*.", "An odd word, a*b and *star*.", id="emphasis"),
        pytest.param(
            "See `the page <http://x.example>`_, Lime_ and `x y`__.", "See the page, Lime and x y.", id="links"
        ),
        pytest.param("See :doc:`the list </far>`, :func:`~a.b` and :sub:`2`.", "See the list, b and ₂.", id="roles"),
        pytest.param("first\nsecond", "first second", id="wrapped"),
        pytest.param("Run it::\n\n    a\n      b\n\nEnd.", "Run it:\n\na\n  b\n\nEnd.", id="literal-block"),
        pytest.param("Run it. ::\n\n    a\n", "Run it.\n\na", id="literal-block-after-a-blank"),
        pytest.param(".. code-block:: sh\n   :caption: x\n\n   a\n   b\n", "a\nb", id="code"),
        pytest.param(".. note::\n\n   It is\n   hot.\n", "It is hot.", id="note"),
        pytest.param(".. admonition:: Lime\n\n   Boil.\n", "Lime\n\nBoil.", id="titled"),
        pytest.param(".. versionadded:: 2.3\n   It beeps.\n", "Added in version 2.3: It beeps.", id="version"),
        pytest.param(".. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nText.", "Text.", id="contents"),
        pytest.param(".. a comment\n   of two lines\n\nText.", "Text.", id="comment"),
        pytest.param(".. |n| replace:: Kettle\n\n|n| boils.", "Kettle boils.", id="substitution"),
        pytest.param("One [#n]_ two.\n\n.. [#n] A note.", "One ¹ two.\n\nA note.", id="note-of-a-page"),
        pytest.param(".. option:: --quiet\n\n   No beep.\n", "--quiet\n\nNo beep.", id="option"),
        pytest.param("a --- b or 2|3|4 of snake_case", "a --- b or 2|3|4 of snake_case", id="nothing-to-read"),
    ],
)
def test_the_text_is_what_a_reader_sees(source: str, visible: str) -> None:
    assert restructured.load(source.encode()).text == visible


def test_blocks_know_what_they_are() -> None:
    source = "===\nTea\n===\n\n.. _b:\n\nPot\n---\n\n- one\n  more\n\n  deeper\n- two\n\n#. three\n\n"
    source += "Term\n    Words.\n\nSee :ref:`b`."
    assert blocks(source) == [
        ("heading", "Tea"),
        ("heading", "Pot"),
        ("list_item", "one more"),
        ("paragraph", "deeper"),
        ("list_item", "two"),
        ("list_item", "three"),
        ("paragraph", "Term"),
        ("paragraph", "Words."),
        ("paragraph", "See Pot."),
    ]
    assert [section.level for section in restructured.load(source.encode()).sections] == [1, 2]


@pytest.mark.parametrize(
    "table",
    [
        "+---+-------+\n| a | cold  |\n+===+=======+\n| b | very  |\n|   | hot   |\n+---+-------+",
        "==  =========\na   cold\n==  =========\nb   very hot\n==  =========",
        ".. list-table::\n\n   * - a\n     - cold\n   * - b\n     - very\n       hot",
        '.. csv-table::\n\n   a,cold\n   b,"very hot"',
    ],
    ids=["grid", "simple", "list", "csv"],
)
def test_tables_are_read_by_row(table: str) -> None:
    assert blocks(f"{table}\n\nEnd.") == [
        ("table_row", "a | cold"),
        ("table_row", "b | very hot"),
        ("paragraph", "End."),
    ]


def test_what_is_filled_in_elsewhere_has_no_text() -> None:
    assert restructured.load(b"It is |release| and :math:`a^2`.\n").text == "It is \ufffc and \ufffc."


def test_endless_nesting_and_a_substitution_of_itself_end() -> None:
    deep = "".join(f"{' ' * n}- x\n\n" for n in range(0, 400, 2))
    assert restructured.load(deep.encode()).blocks[0].kind is BlockKind.LIST_ITEM
    assert restructured.load(b".. |a| replace:: |a| b\n\n|a|\n").text == "\ufffc b"


def test_a_file_named_rst_is_read_as_such() -> None:
    assert load(b"Feet\n====\n\nThey *tingle*.\n", "a.rst").title == "Feet"
