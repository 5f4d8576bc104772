"""Everything that can be set, with what holds where nobody sets it; `config` reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things lie, relative to the working directory."""

    corpus: str = "corpus"
    index: str = "index"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """``model``: the pinned one, a local path or a hub name. ``digest``: sha256 demanded of another model's weights.

    ``threads``: for bulk encoding; 0 is one for each core. ``runtime``: onnx, torch, or auto: onnx where it can be.
    ``bulk``: precision of indexing, fp32 or bf16.
    """

    model: str = "all-MiniLM-L6-v2"
    digest: str = ""
    threads: int = 0
    runtime: str = "auto"
    bulk: str = "fp32"


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """``engine``: faiss (in this process) or milvus. ``uri``: of Milvus; empty: embedded, a file beside the index.
    ``collection``: the name of this index there."""

    engine: str = "faiss"
    uri: str = ""
    collection: str = "b12assistant"


@dataclass(frozen=True, slots=True)
class LoadingSettings:
    """Limits for one file. ``seconds``: processor time to read, mark and split it; ``megabytes``: of the file;
    ``memory``: MB of the reader; ``passages``: that it may have."""

    seconds: float = 60.0
    megabytes: int = 50
    memory: int = 2048
    passages: int = 20_000


@dataclass(frozen=True, slots=True)
class ChunkingSettings:
    """``pieces``: word pieces of a passage. ``sentence_vectors_up_to``: larger collections do without (passages)."""

    pieces: int = 200
    title_pieces: int = 48
    sentence_vectors_up_to: int = 3000


@dataclass(frozen=True, slots=True)
class LexicalSettings:
    """BM25F parameters; the title field is the document's title and the headings above a passage."""

    k1: float = 1.2
    b_body: float = 0.75
    b_title: float = 0.75
    title_weight: float = 3.0


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """``candidates`` of each ranker, ``rescored`` by late interaction, ``passages`` searched for quotes."""

    candidates: int = 100
    rescored: int = 50
    passages: int = 20


@dataclass(frozen=True, slots=True)
class QuotingSettings:
    """``rate``: score taken off for each 100 characters over 100; ``margin``: how far behind a further quote may be."""

    quotes: int = 3
    sentences: int = 3
    characters: int = 520
    rate: float = 0.02
    alike: float = 0.6
    margin: float = 0.15
    close: float = 0.01
    heard: float = 0.08


@dataclass(frozen=True, slots=True)
class RedFlagSettings:
    """``region``: whose numbers the fixed texts name; the others: own numbers, worded to follow "call"."""

    region: str = ""
    emergency: str = ""
    crisis_line: str = ""
    poison_line: str = ""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """``language``: of the interface; the sources keep theirs. ``frame_ancestors``: origins that may frame the page."""

    language: str = "en"
    frame_ancestors: str = ""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``seconds`` an answer may take, ``waiting`` questions at most, ``hosts``: names it is reached by besides its
    address, ``behind_proxy``: a proxy guards it, ``metrics``: HOST:PORT to read figures at, ``log``: level."""

    seconds: float = 10.0
    waiting: int = 128
    hosts: str = ""
    behind_proxy: bool = False
    metrics: str = ""
    log: str = "warning"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    paths: Paths = Paths()
    encoder: EncoderSettings = EncoderSettings()
    index: IndexSettings = IndexSettings()
    loading: LoadingSettings = LoadingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    lexical: LexicalSettings = LexicalSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    quoting: QuotingSettings = QuotingSettings()
    red_flags: RedFlagSettings = RedFlagSettings()
    page: PageSettings = PageSettings()
    web: WebSettings = WebSettings()
