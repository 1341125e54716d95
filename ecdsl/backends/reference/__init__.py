"""The slow interpreter that defines the meaning of the language."""
