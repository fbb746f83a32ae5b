"""One file a gateway: its request in, its answer out, and nothing else."""
