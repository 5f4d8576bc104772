"""Promises that are tried a few times in the tests and thousands of times by `make stress`."""
