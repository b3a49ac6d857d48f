"""Programs for whoever changes the platform; not tests."""
