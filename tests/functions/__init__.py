"""Tests of the sample microservices."""
