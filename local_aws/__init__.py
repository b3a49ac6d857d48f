"""The local AWS: MiniStack behind a gateway that implements what MiniStack lacks."""
