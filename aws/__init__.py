"""Calls of AWS: clients, what their errors mean, and what is waited for."""
