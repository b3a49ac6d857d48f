"""Rules in words people use, and what the first datapoints after none do."""

from __future__ import annotations

from cloudwatch import evaluation, rules
from cloudwatch.alarms import TREATMENTS, Actions, Query, Statistic, Treatment
from cloudwatch.evaluation import Settings
from cloudwatch.states import State
from drill import explanation
from drill.model import System
from tests.support.tables import each
from tests.unit.drill.rehearsing import PAGES, alarm, composite, metric, system

ARN = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:shop-errors-prod"
NAMES = ("shop-errors-prod", "shop-errors-rare-prod", 'shop-a "b" c-prod', "shop-x\\y-prod")


def told(rule: str) -> str:
    """Return what is said of a composite of such a rule."""
    made = system(
        *(alarm(name, metric(name)) for name in NAMES),
        composite("shop-all-prod", rule),
        short_names={
            name.removeprefix("shop-").removesuffix("-prod"): name for name in (*NAMES, "shop-all-prod")
        },
    )
    return next(fact.text for fact in explanation.explain(made, "all", extra=2) if fact.label == "Fires")


@each(
    ("rule", "said"),
    [
        ("ALARM(shop-errors-prod)", "while ALARM(errors)"),
        ('ALARM("shop-errors-prod")', "while ALARM(errors)"),
        (f"ALARM({ARN})", "while ALARM(errors)"),
        (f'ALARM("{ARN}") AND NOT OK(shop-errors-rare-prod)', "while ALARM(errors) AND NOT OK(errors-rare)"),
        (
            'ALARM("shop-errors-rare-prod") OR ALARM("shop-errors-prod")',
            "while ALARM(errors-rare) OR ALARM(errors)",
        ),
        (
            "AT_LEAST(1, NOT OK, (shop-errors-prod, shop-errors-rare-prod))",
            "while AT_LEAST(1, NOT OK, (errors, errors-rare))",
        ),
        (r'ALARM("shop-a \"b\" c-prod")', r'while ALARM("a \"b\" c")'),
        ("(ALARM(shop-errors-prod) OR FALSE) AND TRUE", "while (ALARM(errors) OR FALSE) AND TRUE"),
    ],
)
def test_every_name_in_a_rule_is_the_short_one(rule: str, said: str) -> None:
    """Also without quotes and as an ARN; a name that needs quotes keeps them."""
    assert told(rule) == said
    assert rules.text_of(rules.parse(told(rule).removeprefix("while "))) == rules.text_of(
        rules.parse(said.removeprefix("while "))
    )


def first_data(of: System) -> list[str]:
    """Return what is said of the first datapoints."""
    return [fact.text for fact in explanation.explain(of, "errors", extra=2) if fact.label == "First data"]


@each("treatment", TREATMENTS)
@each(("needed", "periods"), [(1, 1), (1, 3), (2, 2), (2, 3), (3, 5)])
@each("actions", [PAGES, Actions()])
def test_a_breaching_datapoint_that_makes_it_ok_is_told(
    treatment: Treatment, needed: int, periods: int, actions: Actions
) -> None:
    """For exactly the alarms that the engine makes OK by it, from INSUFFICIENT_DATA to ALARM."""
    one = alarm(
        evaluation_periods=periods, datapoints_to_alarm=needed, treat_missing_data=treatment, actions=actions
    )
    settings = Settings(periods, needed, treatment)
    idle = evaluation.evaluate([None] * (periods + 2), settings, "INSUFFICIENT_DATA")
    states: list[State] = [idle]
    for number in range(1, needed + 1):
        points = [None] * (periods + 2 - number) + [True] * number
        states.append(evaluation.evaluate(points, settings, states[-1]))
    said = first_data(system(one))
    if states[:2] == ["INSUFFICIENT_DATA", "OK"]:
        (text,) = said
        assert text.endswith(f"{states.index('ALARM')} to ALARM")
        assert ("with a notification" in text) is bool(actions.ok)
    else:
        assert said == []


def test_there_are_alarms_of_which_that_is_said() -> None:
    """Otherwise nothing above was."""
    made = alarm(evaluation_periods=3, datapoints_to_alarm=2, treat_missing_data="missing")
    assert first_data(system(made)) == [
        "after no data the first datapoint changes it to OK even if it breaches; 2 to ALARM"
    ]


def test_an_expression_that_fills_its_gaps_always_had_data() -> None:
    """`FILL` makes a datapoint of nothing."""
    queries = (Query("e", Statistic(metric(), "Sum", 60)), Query("r", "FILL(e, 0)"))
    made = alarm(
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data="missing",
        queries=queries,
        returned="r",
    )
    assert first_data(system(made)) == []
