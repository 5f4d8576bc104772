"""Scores: data sets, measures, runs, audits and the reports of them."""
