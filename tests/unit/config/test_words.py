"""The known word that is meant by a misspelled one."""

from __future__ import annotations

from config.words import did_you_mean

SERVICES = [f"service-{number}" for number in range(300)]
ALARMS = [f"{service}-{key}" for service in SERVICES for key in ("errors", "latency", "declined-share")]


def test_of_very_many_words_those_that_begin_alike_are_compared() -> None:
    """The alarms of the same service, of thousands of the environment."""
    assert did_you_mean("service-217-declined-shar", ALARMS) == "   did you mean service-217-declined-share?"
    assert did_you_mean("service-99-eror", set(ALARMS)) == "   did you mean service-99-errors?"
