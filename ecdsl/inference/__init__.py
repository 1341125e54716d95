"""From measured correlators to posteriors whose intervals cover."""
