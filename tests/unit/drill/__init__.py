"""The drill's engine, over vectors, properties and examples."""
