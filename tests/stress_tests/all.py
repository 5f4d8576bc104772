"""Every stress test; docs/reference/stress.md says what must hold."""

from bad_inputs.all import BAD_INPUTS, QUICK

from stress_tests.alterations import altered_answers
from stress_tests.api_requests import api_requests
from stress_tests.bad_files import mutants, specified
from stress_tests.boundaries import drawn
from stress_tests.hostile import beside_a_builder, tool_calls
from stress_tests.index_machine import runs
from stress_tests.interruptions import every_fault, failed_looks, kills, two_writers
from stress_tests.runner import StressTest

_ENOUGH = 10_000  # more operations than an index has, so until a run is clean

STRESS_TESTS = (
    StressTest("bad inputs, 54 rows", len(QUICK), len(BAD_INPUTS), specified),
    StressTest("mutants of PDF, HTML, text", 30, 2_000, mutants),
    StressTest("the nth change or look fails, every n", 4, _ENOUGH, every_fault),
    StressTest("the nth look fails while opening", _ENOUGH, _ENOUGH, failed_looks),
    StressTest("SIGKILL at random moments", 2, 300, kills),
    StressTest("two indexers at once, 12 runs each", 1, 10, two_writers),
    StressTest("sequences of up to 30 steps over the index", 2, 200, runs),
    StressTest("bytes and JSON from outside", 45, 6_000, drawn),
    StressTest("saved answers, altered in one place", 100, 2_000, altered_answers),
    StressTest("MCP tools called with anything", 20, 1_000, tool_calls),
    StressTest("verify beside a builder", 50, 2_000, beside_a_builder),
    StressTest("requests from the API's description", 75, 10_000, api_requests),
)
