"""What must hold whatever happens, tried often: a few times in the tests, thousands of times by `make stress`."""
