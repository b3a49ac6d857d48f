"""The sample microservices. One folder per function, `shared` beside them; README.md has the contract."""
