"""From one plan to generated code: numba, torch, LaTeX; and the reference interpreter."""
