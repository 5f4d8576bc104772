"""Every bad input, by its number."""

from bad_inputs.bad_input import BadInput
from bad_inputs.pages import pages
from bad_inputs.pdfs import pdfs
from bad_inputs.places import places
from bad_inputs.texts import texts

BAD_INPUTS: tuple[BadInput, ...] = (*pdfs(), *pages(), *texts(), *places())
QUICK = tuple({bad.row: bad for bad in reversed(BAD_INPUTS) if not bad.slow}.values())  # the first of each row
