"""Wire models that two services must agree on, and nothing else."""
