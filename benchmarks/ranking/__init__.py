"""Measure the product's ranking on test collections, alone and beside other rankings."""
