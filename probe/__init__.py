"""Live probes of the assumptions about AWS that the platform depends on.

`assumptions` lists them. A probe creates throwaway resources with a prefix of its own (`bench`), observes how
AWS behaves, and every resource is removed afterwards (`run`).
"""
