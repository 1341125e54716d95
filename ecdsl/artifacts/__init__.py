"""The contract between the compile-time and the run-time half: manifests and kernels."""
