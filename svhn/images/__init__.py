"""Photos as arrays: opened within bounds (`decode`), turned into the networks' input (`preprocess`), shown (`draw`)."""
