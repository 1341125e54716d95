"""The typed intermediate representation, its text, its fingerprints and its plan."""
