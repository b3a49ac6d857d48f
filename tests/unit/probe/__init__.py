"""The probes of the assumptions about AWS."""
