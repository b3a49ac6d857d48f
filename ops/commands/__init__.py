"""The commands of `reveille`; a module has the commands with the same imports."""
