"""Count the word pieces of a text with an encoder's own tokenizer, without loading the encoder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def open_tokenizer(path: Path) -> Tokenizer:
    """Read a model's tokenizer.json. Texts are neither cut nor padded."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count_pieces(tokenizer: Tokenizer, text: str) -> int:
    """Count the word pieces of a text, without the special tokens."""
    return len(tokenizer.encode(text, add_special_tokens=False))
