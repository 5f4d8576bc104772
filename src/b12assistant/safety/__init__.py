"""Red flags: rules, assertion, languages, a second opinion, and the fixed texts that come first. Needs no index."""
