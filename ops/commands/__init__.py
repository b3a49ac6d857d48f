"""The commands of `reveille`, a module for those that need the same imports."""
