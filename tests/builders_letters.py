"""A letter over the corpus of the browser tests, with whatever a message can have."""

OPENING = "Dear reader, my husband keeps bees and says I should write to you before the winter. "
MYELIN = "Is it true that myelin wraps every nerve?"
REFUSED = "Do plants dream of brass bands in winter?"  # read together with MYELIN
PILLS = "Does metformin lower cobalamin in some people?"
FEET = "Why does myelin wrap every nerve?"  # answered by the quote for MYELIN
EGGS, FISH = "Do eggs hold vitamin B12?", "Does fish hold vitamin B12?"  # one too many, and another
QUESTIONS = (MYELIN, REFUSED, PILLS, FEET, EGGS, FISH)
LETTER = OPENING + " ".join(QUESTIONS)
