"""What `make` runs: setup, packaging, Terraform, the local AWS, generated documents."""
