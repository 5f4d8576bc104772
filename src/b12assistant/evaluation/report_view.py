"""A report of `evaluate`, of whichever kind, in the one form that the page draws: facts, scores, tables, queries.

A file may have been written by another version or by hand: what does not have its form is one clear line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from b12assistant.errors import DatasetError
from b12assistant.evaluation import bench_report, red_flag_report
from b12assistant.evaluation.measures import HEADLINE
from b12assistant.safety.explanation import lines

Json = dict[str, Any]
_PLOTTED = (HEADLINE, "MAP", "Recall@100", "success@1")
_FAILED = ("missed", "refused", "wrong")


def view(report: Mapping[str, Any]) -> Json:
    """What the page shows. Raises ``DatasetError`` for what is no report of a kind that is known."""
    try:
        if "rankings" in report:
            return _collection(report)
        if "judges" in report:
            return _red_flags(report)
        if report.get("kind") == "questions":
            return _questions(report)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration) as error:
        raise DatasetError("the report does not have its form", hint="write it again with `evaluate --out`") from error
    raise DatasetError("this is no report of `evaluate`", hint="write one with `evaluate --out`")


def _view(kind: str, title: str, about: Sequence[tuple[str, str]], mind: Sequence[str]) -> Json:
    empty: Json = {"scores": [], "tables": [], "reliability": None, "queries": None, "misses": None}
    return {"kind": kind, "title": title, "about": [list(each) for each in about], "mind": list(mind), **empty}


def _collection(report: Mapping[str, Any]) -> Json:
    rankings = report["rankings"]
    mind = [*report["warnings"], *(f"{each['name']}: {told}" for each in rankings for told in each["warnings"])]
    about = [*bench_report.about(report), *((each["name"], each["says"]) for each in rankings)]
    speeds = [
        (f"{each['name']}: speed", bench_report.speed_line(each["speed"])) for each in rankings if "speed" in each
    ]
    tables = [_table("Figures", bench_report.ranking_rows(report))]
    if report["compared"]:
        tables.append(_table("Differences", bench_report.difference_rows(report)))
    scores = [
        {"measure": measure, "rows": [_interval(each["name"], each["measures"][measure]) for each in rankings]}
        for measure in _PLOTTED
    ]
    told = _view("collection", bench_report.heading(report), [*about, *speeds], mind)
    return {**told, "scores": scores, "tables": tables, "queries": _collection_queries(report)}


def _collection_queries(report: Mapping[str, Any]) -> Json:
    """Every query with its headline score under each ranking; failed if the first ranking scores nothing."""
    rankings = [each["name"] for each in report["rankings"]]
    per_query = report["per_query"]
    rows = [
        {
            "id": query,
            "words": report["queries"].get(query, ""),
            "cells": [f"{per_query[name][HEADLINE][query]:.3f}" for name in rankings],
            "failed": first <= 0,
            "facts": [
                [f"{name}: {measure}", f"{scores[query]:.3f}"]
                for name in rankings
                for measure, scores in per_query[name].items()
            ],
            "quotes": [],
        }
        for query, first in per_query[rankings[0]][HEADLINE].items()
    ]
    return {"columns": [f"{HEADLINE}, {name}" for name in rankings], "rows": rows}


def _questions(report: Mapping[str, Any]) -> Json:
    figures = report["figures"]
    shares = {name: value for name, value in figures.items() if isinstance(value, dict)}
    plain = [(name, str(value)) for name, value in figures.items() if not isinstance(value, dict | list)]
    lists = [(name, ", ".join(map(str, value))) for name, value in figures.items() if isinstance(value, list) and value]
    scores = [{"measure": name, "rows": [_interval("", value)]} for name, value in shares.items()]
    rows = [["measure", "mean", "95 % interval", "n"]]
    rows += [
        [name, f"{each['mean']:.3f}", f"{each['low']:.3f} to {each['high']:.3f}", str(each["n"])]
        for name, each in shares.items()
    ]
    told = _view("questions", str(figures["set"]), [*plain, *lists, ("sha256", str(report["sha256"]))], [])
    return {
        **told,
        "scores": scores,
        "tables": [_table("Figures", rows)],
        "reliability": _reliability(report["reliability"]),
        "queries": {"columns": ["result", "first hit"], "rows": [_question(row) for row in report["questions"]]},
    }


def _question(row: Mapping[str, Any]) -> Json:
    place = row["hit_at"]
    facts = [["status", str(row["status"])], ["confidence of the best quote", f"{row['confidence']:.2f}"]]
    facts += [["asked before", str(turn)] for turn in row["history"]]
    facts += [["should be quoted", str(gold)] for gold in row["gold"]]
    return {
        "id": str(row["id"]),
        "words": str(row["question"]),
        "cells": [str(row["result"]), "–" if place is None else str(place)],
        "failed": row["result"] in _FAILED,
        "facts": facts,
        "quotes": [
            {
                "text": str(each["text"]),
                "title": str(each["title"]),
                "address": _address(each["address"]),
                "hit": each["hit"] is True,
            }
            for each in row["quotes"]
        ],
    }


def _address(address: object) -> str:
    """An address of the source view, or none: a report that came from elsewhere leads nowhere else."""
    return address if isinstance(address, str) and address.startswith("/d/") else ""


def _reliability(found: Mapping[str, Any] | None) -> Json | None:
    if found is None:
        return None
    bins = [{name: float(each[name]) for name in ("low", "high", "n", "confidence", "right")} for each in found["bins"]]
    return {"n": int(found["n"]), "calibration_error": float(found["calibration_error"]), "bins": bins}


def _red_flags(report: Mapping[str, Any]) -> Json:
    what, *others = red_flag_report.heading(report)
    digest = f"sha256 {report['sha256']}"
    tables = [_table(each.title, each.rows) for each in red_flag_report.tables(report)]
    misses = [
        {
            "id": str(miss["id"]),
            "verdict": red_flag_report.verdict(miss),
            "trace": list(lines(miss["explanation"])),
        }
        for miss in report["misses"]
    ]
    return {
        **_view("red_flags", what, [("messages", digest)], [line for line in others if line != digest]),
        "tables": tables,
        "misses": misses,
    }


def _interval(name: str, figure: Mapping[str, Any]) -> Json:
    return {"name": name, **{end: float(figure[end]) for end in ("mean", "low", "high")}}


def _table(title: str, rows: Sequence[Sequence[str]]) -> Json:
    return {"title": title, "rows": [list(map(str, row)) for row in rows]}
