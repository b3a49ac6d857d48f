"""The local AWS: MiniStack behind a thin front that answers what MiniStack lacks."""
