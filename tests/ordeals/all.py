"""Every ordeal, with what is asked of it."""

from __future__ import annotations

from bad_inputs.all import BAD_INPUTS, QUICK

from ordeals.api_requests import api_requests
from ordeals.bad_files import mutants, specified
from ordeals.boundaries import drawn
from ordeals.damages import damaged_indexes, tampered_texts
from ordeals.displays import payloads_shown, strings_shown
from ordeals.index_machine import runs
from ordeals.interruptions import every_fault, failed_looks, full_disks, kills, two_writers
from ordeals.ordeal import Ordeal

_ENOUGH = 10_000  # more than an index has operations: until a run is clean

ORDEALS = (
    Ordeal("bad inputs, 54 rows", "each in one of 3 ends", len(QUICK), len(BAD_INPUTS), specified),
    Ordeal("mutants of PDF, HTML, text", "each in one of 3 ends, none over 10 s", 60, 2_000, mutants),
    Ordeal("damaged indexes", "refused before FAISS sees a byte", 100, 5_000, damaged_indexes),
    Ordeal("tampered texts, 1 in 11 untouched", "all found, no false alarm", 22, 1_000, tampered_texts),
    Ordeal("the nth change or look fails, every n", "old or new, no litter", 12, _ENOUGH, every_fault),
    Ordeal("the nth look fails while opening", "whole and told, or an error", _ENOUGH, _ENOUGH, failed_looks),
    Ordeal("full disks", "old, to the byte", 5, 20, full_disks),
    Ordeal("SIGKILL at random moments", "old or new, to the byte", 3, 300, kills),
    Ordeal("two indexers at once, 12 runs each", "one writes, one is told", 1, 10, two_writers),
    Ordeal("sequences of up to 30 steps over the index", "as the model says", 4, 200, runs),
    Ordeal("bytes and JSON from outside", "in form, or refused", 200, 10_000, drawn),
    Ordeal("requests from the API's description", "answered as it says", 150, 10_000, api_requests),
)

# In a browser; tests/browser tries them in small.
PAGES = (
    Ordeal("random strings through the page", "shown to the character", 0, 2_000, strings_shown),
    Ordeal("payloads through the source view", "text, and nothing else", 0, 170, payloads_shown),
)
