from concurrent.futures import ThreadPoolExecutor

from fakes import FakeEncoder
from micro_batching import AT_ONCE, SIZES, SPECIAL, measured, told

QUESTIONS = ["nerves", "nerves need b12"] * AT_ONCE


def test_every_size_encodes_the_same_questions_and_only_batches_pad() -> None:
    encoder = FakeEncoder()
    short, long = (encoder.count(each) + SPECIAL for each in QUESTIONS[:2])
    with ThreadPoolExecutor(2) as pool:
        ways = measured(QUESTIONS, 3, encoder, pool)
    assert list(ways) == list(SIZES)
    for size, way in ways.items():
        assert len(way.waited) == 3 * AT_ONCE
        assert way.pieces == 3 * AT_ONCE // 2 * (short + long)
        assert way.padded == (way.pieces if size == 1 else 3 * AT_ONCE * long)


def test_a_line_tells_padding() -> None:
    encoder = FakeEncoder()
    with ThreadPoolExecutor(2) as pool:
        ways = measured(QUESTIONS, 1, encoder, pool)
    assert told(1, ways[1]).endswith("0% padding")
    assert not told(2, ways[2]).endswith(" 0% padding")
