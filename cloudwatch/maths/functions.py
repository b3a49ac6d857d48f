"""Functions of metric math.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics": "Functions supported for
metric math" and "Using IF expressions". Not documented, and decided here:

- A function of an array has a datapoint where at least one series of the array has one.
- `AVG` counts missing values as 0, as documented, in every period of the request (the other average is
  documented as `SUM(m1) / DATAPOINT_COUNT(m1)`). `SUM` of a series without datapoints is 0; `MIN`, `MAX`
  and `STDDEV`, over the datapoints there are, have no result then, and what is computed from no result has
  no datapoint.
- `STDDEV` is that of a population: of one datapoint it is 0.
- `DIFF`, `DIFF_TIME` and `RATE` use the previous datapoint, however long ago; the first one of a request has
  none. `drill.metric_alarms` decides the range that an alarm requests.
- `RUNNING_SUM` has the datapoints of its series.
- `FILL` with `REPEAT` leaves a gap at the beginning, and with `LINEAR` at both ends, where there is no value
  to repeat or to interpolate.
- `IF` whose condition is a scalar without a result has no datapoints.
- `SORT` puts series without a result last; equal series keep their order. The numbers of `SORT` and `SLICE`
  are truncated to integers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from cloudwatch.distribution import Floats, Integers
from cloudwatch.maths.values import Context, Value, array, like, scalar, series
from cloudwatch.quotas import DAY_S, HOUR_S, MINUTE_S


def _axis(value: Value) -> int:
    """Return the axis along which a function reduces: time of a series, the series of an array."""
    return 0 if value.kind == "TS[]" else -1


def _reduced(value: Value, data: Floats) -> Value:
    """Return the result of a reduction: without a datapoint where no series of an array has one."""
    if value.kind == "TS":
        return scalar(data)
    return series(np.where(np.isnan(value.data).all(axis=0), np.nan, data))


def _total(value: Value) -> Floats:
    return np.asarray(np.nansum(value.data, axis=_axis(value), keepdims=value.kind == "TS"))


def _count(value: Value) -> Floats:
    there = ~np.isnan(value.data)
    return np.asarray(there.sum(axis=_axis(value), keepdims=value.kind == "TS"), np.float64)


def _sum(value: Value) -> Value:
    return _reduced(value, _total(value))


def _average(value: Value) -> Value:
    among = value.series.sum(axis=0) if value.kind == "TS[]" else np.asarray(value.data.shape[-1])
    return _reduced(value, _total(value) / among)


def _extreme(join: np.ufunc, value: Value) -> Floats:
    found: Floats = join.reduce(value.data, axis=_axis(value))
    return found[..., None] if value.kind == "TS" else found


def _minimum(value: Value) -> Value:
    return _reduced(value, _extreme(np.fmin, value))


def _maximum(value: Value) -> Value:
    return _reduced(value, _extreme(np.fmax, value))


def _datapoint_count(value: Value) -> Value:
    return _reduced(value, _count(value))


def _deviation(value: Value) -> Value:
    axis, count = _axis(value), _count(value)
    mean = _total(value) / count
    centred = value.data - (mean if value.kind == "TS" else mean[None])
    square = np.nansum(centred**2, axis=axis, keepdims=value.kind == "TS")
    return _reduced(value, np.sqrt(square / count))


REDUCTIONS: Mapping[str, Callable[[Value], Value]] = {
    "AVG": _average,
    "DATAPOINT_COUNT": _datapoint_count,
    "MAX": _maximum,
    "MIN": _minimum,
    "STDDEV": _deviation,
    "SUM": _sum,
}


def _before(there: npt.NDArray[np.bool_]) -> Integers:
    """Return the place of the newest datapoint at or before each time; -1: there is none."""
    places = np.where(there, np.arange(there.shape[-1]), -1)
    return np.asarray(np.maximum.accumulate(places, axis=-1))


def _at(data: npt.NDArray[np.generic], places: Integers) -> Floats:
    """Return the numbers at these places along the last axis; NaN at -1."""
    values = np.take_along_axis(np.asarray(data, np.float64), np.maximum(places, 0), axis=-1)
    return np.where(places < 0, np.nan, values)


def _steps(context: Context, value: Value) -> tuple[Floats, Floats]:
    """Return the difference of each datapoint to the previous one: in value, and in seconds."""
    there = ~np.isnan(value.data)
    places = _before(there)
    places = np.concatenate((np.full((*places.shape[:-1], 1), -1), places[..., :-1]), axis=-1)
    times = np.broadcast_to(context.times_s, value.data.shape)
    elapsed = np.where(there, times - _at(times, places), np.nan)
    return value.data - _at(value.data, places), elapsed


def _diff(context: Context, value: Value) -> Value:
    return like(value, _steps(context, value)[0])


def _diff_time(context: Context, value: Value) -> Value:
    return like(value, _steps(context, value)[1])


def _rate(context: Context, value: Value) -> Value:
    difference, elapsed = _steps(context, value)
    return like(value, difference / elapsed)


def _running_sum(_: Context, value: Value) -> Value:
    missing = np.isnan(value.data)
    totals = np.cumsum(np.where(missing, 0.0, value.data), axis=-1)
    return like(value, np.where(missing, np.nan, totals))


def _fill(context: Context, value: Value, filler: Value | str) -> Value:
    missing = np.isnan(value.data)
    if isinstance(filler, Value):
        return like(value, np.where(missing, filler.data, value.data))
    before = _before(~missing)
    old = _at(value.data, before)
    if filler == "REPEAT":
        return like(value, old)
    last = value.data.shape[-1] - 1
    after = _before(~missing[..., ::-1])[..., ::-1]
    after = np.where(after < 0, -1, last - after)
    times = np.broadcast_to(context.times_s, value.data.shape).astype(np.float64)
    begin = _at(times, before)
    share = (times - begin) / (_at(times, after) - begin)
    line = old + (_at(value.data, after) - old) * share
    return like(value, np.where(missing, line, value.data))


def _if(context: Context, condition: Value, true: Value, false: Value | None = None) -> Value:
    """Return `true` where the condition holds, else `false` ("Using IF expressions").

    Where the condition is true and its value is missing, the result is 0, but only if the condition is a time
    series: for a scalar condition the result is the whole series, with its gaps.
    """
    chosen = true.data
    if condition.kind == true.kind == "TS":
        chosen = np.where(np.isnan(chosen), 0.0, chosen)
    other = np.nan if false is None else false.data
    result = np.where(condition.data != 0, chosen, other)
    return series(_whole(context, np.where(np.isnan(condition.data), np.nan, result)))


def _whole(context: Context, data: Floats) -> Floats:
    """Return data for all times; a single number is repeated."""
    return np.broadcast_to(data, np.broadcast_shapes(data.shape, context.times_s.shape))


def _first(_: Context, value: Value) -> Value:
    return series(value.data[0])


def _last(_: Context, value: Value) -> Value:
    newest = np.maximum(value.series.sum(axis=0) - 1, 0)
    return series(np.take_along_axis(value.data, newest[None], axis=0)[0])


def _remove_empty(_: Context, value: Value) -> Value:
    empty = np.asarray(np.isnan(value.data).all(axis=-1, keepdims=True))
    return array(value.data, ~empty)


def _places(value: Value) -> Integers:
    """Return the place of each series of an array, from 0."""
    return np.arange(len(value.data)).reshape(-1, *(1,) * (value.data.ndim - 1))


def _slice(_: Context, value: Value, start: Value, end: Value | None = None) -> Value:
    places = _places(value)
    selected = value.series & (places >= np.trunc(start.data))
    if end is not None:
        selected = selected & (places < np.trunc(end.data))
    return array(value.data, np.asarray(selected))


def _sort(_: Context, value: Value, statistic: str, order: str, limit: Value | None = None) -> Value:
    keys = np.stack([REDUCTIONS[statistic](Value("TS", entry)).data for entry in value.data])
    keys = np.where(value.series, keys if order == "ASC" else -keys, np.nan)
    ranked = np.argsort(keys, axis=0, kind="stable")
    data = np.take_along_axis(value.data, ranked, axis=0)
    present = np.take_along_axis(value.series, ranked, axis=0)
    done = array(data, present)
    if limit is None:
        return done
    return array(done.data, np.asarray(done.series & (_places(done) < np.trunc(limit.data))))


def _of_time(of: Callable[[Integers], npt.NDArray[np.generic]]) -> Callable[[Context, Value], Value]:
    """Return a function of the times alone: "a new non-sparse time series"."""

    def function(context: Context, value: Value) -> Value:
        return series(np.broadcast_to(np.asarray(of(context.times_s), np.float64), value.data.shape))

    return function


def _years(times_s: Integers) -> Integers:
    return times_s.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970


def _month(times_s: Integers) -> Integers:
    months = times_s.astype("datetime64[s]").astype("datetime64[M]")
    return np.asarray(months.astype(np.int64) % 12 + 1)


def _date(times_s: Integers) -> Integers:
    days = times_s.astype("datetime64[s]").astype("datetime64[D]")
    return np.asarray((days - days.astype("datetime64[M]")).astype(np.int64) + 1)


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "ABS": lambda _, value: like(value, np.abs(value.data)),
    "CEIL": lambda _, value: like(value, np.ceil(value.data)),
    "DATE": _of_time(_date),
    # 1 is Monday; 1970 began on a Thursday.
    "DAY": _of_time(lambda times_s: (times_s // DAY_S + 3) % 7 + 1),
    "DIFF": _diff,
    "DIFF_TIME": _diff_time,
    "EPOCH": _of_time(lambda times_s: times_s),
    "FILL": _fill,
    "FIRST": _first,
    "FLOOR": lambda _, value: like(value, np.floor(value.data)),
    "HOUR": _of_time(lambda times_s: times_s // HOUR_S % 24),
    "IF": _if,
    "LAST": _last,
    "LOG": lambda _, value: like(value, np.log(value.data)),
    "LOG10": lambda _, value: like(value, np.log10(value.data)),
    "METRIC_COUNT": lambda _, value: scalar(value.series.sum(axis=0)),
    "MINUTE": _of_time(lambda times_s: times_s // MINUTE_S % 60),
    "MONTH": _of_time(_month),
    "PERIOD": lambda context, _: scalar(np.asarray(context.period_s)),
    "RATE": _rate,
    "REMOVE_EMPTY": _remove_empty,
    "RUNNING_SUM": _running_sum,
    "SLICE": _slice,
    "SORT": _sort,
    "TIME_SERIES": lambda context, value: series(_whole(context, value.data)),
    "YEAR": _of_time(_years),
    **{name: (lambda _, value, of=of: of(value)) for name, of in REDUCTIONS.items()},
}
"""Each has the context and its arguments as parameters: values, and keywords as text.

`METRICS` is implemented in `evaluation`.
"""
