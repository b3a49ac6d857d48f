"""What filter patterns match: the rules that the documented examples leave to the text around them."""

from __future__ import annotations

import pytest

from cloudwatch import patterns
from cloudwatch.patterns.model import FieldName, FieldNumber, JsonPath
from tests.support.tables import each

JSON = (
    '{"level": "ERROR", "ms": 12.5, "count": 3, "digits": "3", "on": true, "off": false, "none": null,'
    ' "empty": "", "list": [1, "two", null, {"id": 7}], "object": {"a.b": {"c": 1}, "x": "y"},'
    ' "ip": "10.0.0.1", "star": "1*3", "quoted": "error \\"message\\"", "back": "a\\\\b",'
    ' "big": 9007199254740993, "float": 12.0, "long": "12.340"}'
)

MATCHING = [
    # Numbers: bare ones compare by value, quoted ones as text (recorded on AWS).
    "{ $.count = 3 }",
    "{ $.count = 3.0 }",
    '{ $.count = "3" }',
    '{ $.count != "3.0" }',
    "{ $.count = +3 }",
    "{ $.count = 30e-1 }",
    "{ $.ms = 1.25e+1 }",
    "{ $.ms > 12 }",
    "{ $.ms >= 12.5 }",
    "{ $.ms < 1e2 }",
    "{ $.float = 12 }",
    '{ $.float = "12.0" }',
    '{ $.float != "12" }',
    "{ $.ms <= 12.5 }",
    "{ $.ms != 12 }",
    "{ $.big = 9007199254740993 }",
    "{ $.big != 9007199254740992 }",
    "{ $.count > -1 }",
    "{ $.count > .5 }",
    "{ $.digits = 3 }",
    "{ $.digits > 2 }",
    "{ $.long = 12.34 }",
    '{ $.long != "12.34" }',
    "{ $.level != 5 }",
    # Wildcards: at either end, also of numbers; in the middle a literal.
    "{ $.level = * }",
    '{ $.level = "*" }',
    "{ $.empty = * }",
    "{ $.level = ERR* }",
    '{ $.level = "*RO*" }',
    "{ $.ms = 1* }",
    "{ $.ms = *.5 }",
    '{ $.ms = "*2.*" }',
    "{ $.star = 1*3 }",
    "{ $.ms != 1*5 }",
    "{ $.level != *a }",
    "{ $.ip = 10.0.* }",
    "{ $.ip = 10.0.0.1 }",
    "{ $.level = ** }",
    "{ $.count = * }",
    # Strings.
    "{ $.level = ERROR }",
    '{$.level="ERROR"}',
    '{ $.quoted = "error \\"message\\"" }',
    '{ $.back = "a\\\\b" }',
    '{ $.back = "a\\b" }',
    '{ $.empty = "" }',
    '{ $.level != "" }',
    '{ $.level != "error" }',
    # True and false compare as text; null does not compare.
    "{ $.on IS TRUE }",
    "{ $.off IS FALSE }",
    "{ $.none IS NULL }",
    "{ $.on = true }",
    '{ $.off != "true" }',
    # What is not there.
    "{ $.nothing NOT EXISTS }",
    "{ $.level.deeper NOT EXISTS }",
    "{ $.list[9] NOT EXISTS }",
    "{ $.level[0] NOT EXISTS }",
    "{ $.object[0] NOT EXISTS }",
    "{ $.nothing.* NOT EXISTS }",
    # Lists, objects, names with other characters, wildcards.
    "{ $.list[0] = 1 }",
    "{ $.list[3].id = 7 }",
    "{ $.list[*] = two }",
    "{ $.list[*].id = 7 }",
    "{ $.list[*] IS NULL }",
    "{ $.list[*] != 1 }",
    "{ $.* = ERROR }",
    "{ $.object.* = y }",
    "{ $.object.['a.b'].c = 1 }",
    "{ $.object['a.b'].c = 1 }",
    "{ $.object.*.c = 1 }",
    "{ $.list[03].id = 7 }",
    # Regular expressions, of strings, numbers and truth values.
    "{ $.level = %^E.*R$% }",
    "{ $.level != %WARN% }",
    "{ $.ms = %^1\\d\\.5$% }",
    "{ $.on = %^tr% }",
    "{ $.ip = %10\\.0\\.0\\.[1-9]% }",
    "{ $.* = %^y|ERR% }",
    # Precedence.
    "{ $.level = ERROR || $.count = 9 && $.count = 8 }",
    "{ $.count = 9 && $.count = 8 || $.level = ERROR }",
    "{ ($.level = ERROR || $.count = 9) && ($.count = 3) }",
    "{(($.level=ERROR)&&(($.count=3||$.count=4)))}",
    # Space around the pattern is none of it.
    "  { $.level = ERROR }\n",
]

NOT_MATCHING = [
    "{ $.count = 4 }",
    '{ $.count = "3.0" }',
    '{ $.count != "3" }',
    "{ $.count != 3 }",
    "{ $.ms > 12.5 }",
    "{ $.ms < 12.5 }",
    "{ $.big = 9007199254740992 }",
    "{ $.level > 0 }",
    "{ $.level < 0 }",
    "{ $.level = 5 }",
    "{ $.level = E*R }",
    "{ $.level != E* }",
    "{ $.level = *ERR }",
    "{ $.level = RO* }",
    "{ $.ms = 1*5 }",
    "{ $.level = error }",
    "{ $.digits > 3 }",
    "{ $.digits != 3.0 }",
    "{ $.on = TRUE }",
    "{ $.on > 0 }",
    "{ $.on = 1 }",
    "{ $.on IS FALSE }",
    "{ $.level IS TRUE }",
    "{ $.count IS TRUE }",
    "{ $.list[0] IS TRUE }",
    "{ $.off IS NULL }",
    "{ $.empty IS NULL }",
    # Null has no value; a missing one neither; objects and lists match nothing.
    "{ $.none = * }",
    "{ $.none != x }",
    "{ $.none = null }",
    "{ $.none > 0 }",
    "{ $.none NOT EXISTS }",
    "{ $.nothing = * }",
    "{ $.nothing != x }",
    "{ $.nothing IS NULL }",
    "{ $.nothing < 1 }",
    "{ $.list = * }",
    "{ $.list != x }",
    "{ $.object = * }",
    "{ $.object != x }",
    "{ $.object != 1 }",
    "{ $.list = %.% }",
    "{ $.list[3] != 1 }",
    "{ $.list NOT EXISTS }",
    "{ $.object IS NULL }",
    "{ $.list[*] NOT EXISTS }",
    "{ $.list.* = 1 }",
    "{ $.object[*] = y }",
    "{ $.a.b = 1 }",
    "{ $.Level = * }",
    "{ ($.level = ERROR || $.count = 9) && $.count = 8 }",
    "{ $.level = ERROR && $.count = 9 || $.count = 8 }",
]

NO_JSON = [
    "",
    "plain text",
    f"INFO {JSON}",
    f"{JSON} x",
    JSON[:-1],
    JSON.replace("12.5", "NaN"),
    f"[{JSON}]",
    JSON.replace("12.5", "-Infinity"),
    JSON.replace("ERROR", "ERR\tOR"),
    JSON.replace("12.5", "12.5,"),
    JSON.replace("12.5", "012"),
    "\ufeff" + JSON,
    "5",
    '"ERROR"',
    "null",
    '{"a":' * 100_000,
    '{"level": ' + "9" * 5000 + ", bad}",
    '{"level": ' + "9" * 5000 + ', "a": ' + "[" * 100_000,
]


@each("text", MATCHING)
def test_a_json_pattern_matches(text: str) -> None:
    """The event above, also with all letters of its strings escaped."""
    matcher = patterns.compile(text)
    escaped = JSON.replace("E", "\\u0045").replace("level", "\\u006cevel").replace("true,", "true ,")
    assert matcher.matches(JSON)
    assert matcher.matches(escaped)
    assert matcher.match(JSON) is not None


@each("text", NOT_MATCHING)
def test_a_json_pattern_does_not_match(text: str) -> None:
    """The event above."""
    assert not patterns.compile(text).matches(JSON)
    assert patterns.compile(text).match(JSON) is None


@each("event", NO_JSON, ids=lambda event: event[:20])
def test_what_is_no_json_object_matches_no_json_pattern(event: str) -> None:
    """Neither what asks for a value nor what asks for nothing."""
    for text in ("{ $.level = * }", "{ $.nothing NOT EXISTS }", "{ $.level != x }"):
        assert not patterns.compile(text).matches(event)
        assert patterns.compile(text).match(event) is None


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("{ $.a = 2 }", '{"a": 1, "a": 2}'),
        ("{ $.a > 1 }", '{"a": ' + "9" * 5000 + "}"),
        ("{ $.a > 1e308 }", '{"a": 1e400}'),
        ('{ $.a = "\ud800*" }', '{"a": "\\ud800x"}'),
        ('{ $.a = "😀" }', '{"a": "\\ud83d\\ude00"}'),
        ("{ $.a = 1 }", ' \n{"a"\t:1}\r\n '),
        ("{ $.a NOT EXISTS }", "{}"),
    ],
)
def test_json_at_its_edges_is_read_as_decided(text: str, event: str) -> None:
    """The last of two equal keys counts; numbers may be of any size; lone surrogates are characters."""
    assert patterns.compile(text).matches(event)


@each(
    ("text", "event"),
    [
        ("{ $.a = true }", '{"a": true}'),
        ('{ $.a = "fal*" }', '{"a": false}'),
        ('{ $.a = "1000.0" }', '{"a": 1e3}'),
        ('{ $.a = "1000*" }', '{"a": 1E+3}'),
        ('{ $.a = "*e-05" }', '{"a": 0.00001}'),
        ('{ $.a = "inf" }', '{"a": 1e400}'),
        ('{ $.a != "x" }', '{"a": "y"}'),
        ("{ $.a = %^x% }", '{"a": "xy"}'),
        ("{ $.a[*] > 1 }", '{"a": [1, 2]}'),
        ("{ $.* = 2 }", '{"a": 2}'),
        ("{ $.a = x || $.b NOT EXISTS }", "{}"),
        ("{ $.a = x || $.b = y }", '{"b": "y"}'),
        ("{ $.b NOT EXISTS && $.a = x }", '{"a": "x"}'),
        ('{ $.a = "say \\"x\\"" }', '{"a": "say \\"x\\""}'),
        ("{ $.['a b'] IS NULL }", '{"a b": null}'),
    ],
)
def test_no_text_is_asked_for_that_a_match_may_lack(text: str, event: str) -> None:
    """Numbers and truth values are not written as the text that they compare as."""
    assert patterns.compile(text).matches(event)
    assert patterns.compile(text).match(event) is not None


@each(
    ("text", "event", "matches"),
    [
        ("", "anything", True),
        ("   ", "", True),
        ('""', "anything", True),
        ('" "', "nospace", True),
        ('"  "', "nospace", True),
        ("Exception", "InvalidQueryException", True),
        ("error", "ERROR", False),
        ("-ERROR", "fine", True),
        ("-ERROR", "ERROR", False),
        ('ERROR - "timed out"', "ERROR timed out", False),
        ('ERROR - "timed out"', "ERROR", True),
        ("?a ?b", "c", False),
        ("?a -b", "c", True),
        ("?a -b", "a b", False),
        ("?a b", "a", False),
        ('?"x y" ?%^z%', "zone", True),
        ('?"x y" ?%^z%', "a z", False),
        ("%a% %b%", "b a", True),
        ("%a% -%b%", "b a", False),
        ('"say \\"hi\\""', 'say "hi"', True),
        ('"a\\\\b"', "a\\b", True),
        ('"a\\nb"', "a\\nb", True),
        ('"*"', "anything", False),
        ('"größe"', "größe", True),
        ("ERROR\tWARN\nx", "x WARN ERROR", True),
    ],
)
def test_terms_match_as_their_signs_say(text: str, event: str, *, matches: bool) -> None:
    """Optional terms count only where there are no others."""
    assert patterns.compile(text).matches(event) is matches
    assert (patterns.compile(text).match(event) is not None) is matches


APACHE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@each(
    ("text", "event", "fields"),
    [
        ("[]", "", {}),
        ("[]", 'a "b c"', {"$1": "a", "$2": "b c"}),
        ("[...]", "a b", {"$1": "a", "$2": "b"}),
        ("[a]", "", None),
        ("[a]", "x y [z]", {"$a": "x y [z]"}),
        ("[a]", ' "x y" ', {"$a": "x y"}),
        ("[a, b]", "x", None),
        ("[a, b]", "x y", {"$a": "x", "$b": "y"}),
        ("[a, b]", "x\t[y z] q ", {"$a": "x", "$b": "[y z] q"}),
        ("[a, , c]", "x y z", {"$a": "x", "$2": "y", "$c": "z"}),
        ("[a, ]", "x y z", {"$a": "x", "$2": "y z"}),
        ("[..., z]", "x", {"$z": "x"}),
        ("[..., z]", "x y z", {"$1": "x", "$2": "y", "$z": "z"}),
        ("[a, ..., z]", "x", None),
        ("[a, ..., z]", "x y", {"$a": "x", "$z": "y"}),
        ("[a, ...]", "x y z", {"$a": "x", "$2": "y", "$3": "z"}),
        ("[w1=ERROR]", "ERROR happened", None),
        ("[m = *happened*]", "ERROR happened here", {"$m": "ERROR happened here"}),
        ("[w1=ERROR, w2]", "ERROR", None),
        ("[level=ERROR, ...]", "[ERROR]\tx", {"$level": "ERROR", "$2": "x"}),
        ("[a > 1]", "2e0", {"$a": "2e0"}),
        ("[a > 1]", "two", None),
        ("[a != 1]", "two", {"$a": "two"}),
        ("[a = 1.0]", "1", {"$a": "1"}),
        ('[a = "1.0"]', "1", None),
        ("[a = true]", "true", {"$a": "true"}),
        ("[(a = x || a = y) && a != y]", "x", {"$a": "x"}),
        ("[a = x || a = y && a != y]", "y", None),
        ("[a = 4* && a != 403, b]", "403 x", None),
        ("[..., status = 4*, bytes > 1000]", "x 404 1534", {"$1": "x", "$status": "404", "$bytes": "1534"}),
        ("[..., status = 4*, bytes > 1000]", "x 404 999", None),
        ("[a, b, c]", '"unclosed [x y', {"$a": '"unclosed', "$b": "[x", "$c": "y"}),
        ("[a, b]", '"x"y', {"$a": "x", "$b": "y"}),
        ("[a, b]", '"" []', {"$a": "", "$b": ""}),
        ('[a = "x, ]y"]', "x, ]y", {"$a": "x, ]y"}),
        ("[a = %^[x,]+$%]", "x,x", {"$a": "x,x"}),
    ],
)
def test_fields_are_taken_as_the_layout_says(text: str, event: str, fields: dict[str, str] | None) -> None:
    """The last field takes the rest, `...` any number, brackets and double quotes hold together."""
    match = patterns.compile(text).match(event)
    assert (match.fields if match else None) == fields
    assert patterns.compile(text).matches(event) is (fields is not None)


@each(
    ("text", "event", "selector", "value", "as_text"),
    [
        ("{ $.ms = * }", JSON, "$.ms", 12.5, "12.5"),
        ("{ $.ms = * }", JSON, "$.digits", 3.0, "3"),
        ("{ $.ms = * }", JSON, "$.long", 12.34, "12.340"),
        ("{ $.ms = * }", JSON, "$.level", None, "ERROR"),
        ("{ $.ms = * }", JSON, "$.on", None, "true"),
        ("{ $.ms = * }", JSON, "$.none", None, None),
        ("{ $.ms = * }", JSON, "$.list", None, None),
        ("{ $.ms = * }", JSON, "$.list[3].id", 7.0, "7"),
        ("{ $.ms = * }", JSON, "$.object.['a.b'].c", 1.0, "1"),
        ("{ $.ms = * }", JSON, "$.nothing", None, None),
        ("{ $.ms = * }", JSON, "$ms", None, None),
        ("{ $.a = * }", '{"a": 1e400}', "$.a", None, "inf"),
        ("{ $.a = * }", '{"a": 1e200}', "$.a", None, "1e+200"),
        ("{ $.a = * }", '{"a": " 5"}', "$.a", None, " 5"),
        ("{ $.a = * }", '{"a": "5_0"}', "$.a", None, "5_0"),
        ("[..., status, bytes]", APACHE, "$bytes", 1534.0, "1534"),
        ("[..., status, bytes]", APACHE, "$7", 1534.0, "1534"),
        ("[..., status, bytes]", APACHE, "$1", None, "127.0.0.1"),
        ("[..., status, bytes]", APACHE, "$8", None, None),
        ("[..., status, bytes]", APACHE, "$other", None, None),
        ("[..., status, bytes]", APACHE, "$.bytes", None, None),
        ("ERROR", "ERROR 5", "$1", None, None),
        ("ERROR", "ERROR 5", "$.a", None, None),
    ],
)
def test_values_are_taken_from_where_the_selector_leads(
    text: str, event: str, selector: str, value: float | None, as_text: str | None
) -> None:
    """As numbers in CloudWatch's range, and as text."""
    match = patterns.compile(text).match(event)
    assert match is not None
    assert match.value(patterns.selector(selector)) == value
    assert match.text(patterns.selector(selector)) == as_text


TRAIL = (
    '{"eventSource": "kms.amazonaws.com", "eventName": "DisableKey", "userIdentity": {"type": "Root"},'
    ' "errorCode": "Client.UnauthorizedOperation", "additionalEventData": {"MFAUsed": "No"},'
    ' "requestParameters": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "eventType": "AwsApiCall",'
    ' "detail-type": "x"}'
)
REPORT = (
    "REPORT RequestId: 3604209a-e9a3-11e6-939a-754dd98c7be3\tDuration: 12.34 ms\tBilled Duration: 13 ms"
    "\tMemory Size: 128 MB\tMax Memory Used: 18 MB\t"
)
FLOW = (
    "2 123456789010 eni-1235b8ca 172.31.9.69 172.31.9.12 49761 22 6 20 4249 1418530010 1418530070 REJECT OK"
)
TIMED_OUT = "2026-11-22T12:00:00.000Z x Task timed out after 3.00 seconds"
ROOT_USED = (
    '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}'
)
KEY_GOES = (
    "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}"
)
REJECTED = (
    '[version, account, eni, source, destination, srcport, destport="22", protocol="6", packets, bytes,'
    ' windowstart, windowend, action="REJECT", flowlogstatus]'
)


@each(
    ("text", "event"),
    [
        # AWS Security Hub User Guide, "Amazon CloudWatch controls" (CIS AWS Foundations Benchmark).
        ('{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}', TRAIL),
        (ROOT_USED, TRAIL),
        ('{ ($.eventName = "DisableKey") && ($.additionalEventData.MFAUsed != "Yes") }', TRAIL),
        (KEY_GOES, TRAIL),
        ('{ $.requestParameters.items[0].cidrIp = "0.0.0.0/0" }', TRAIL),
        ('{ $.detail-type = "x" }', TRAIL),
        # AWS Lambda's lines: separated by tabs.
        ('[timestamp=*Z, request_id="*-*", event]', "2026-11-22T12:00:00.000Z\t3604209a-e9a3\tINFO\tdone"),
        ('[kind = REPORT, ..., max = Max, memory = Memory, used = "Used:", size, unit = MB]', REPORT),
        ('?ERROR ?Exception ?"Task timed out"', TIMED_OUT),
        # Amazon VPC User Guide, flow log records.
        (REJECTED, FLOW),
        ("[..., destport = 22, protocol = 6, packets, bytes > 4000, a, b, action = REJECT, status]", FLOW),
    ],
)
def test_patterns_in_common_use_match_what_they_are_for(text: str, event: str) -> None:
    """And no empty event."""
    assert patterns.compile(text).matches(event)
    assert not patterns.compile(text).matches("")


def test_selectors_are_read() -> None:
    """Of JSON, by name and by position."""
    assert patterns.selector(" $.a[0].['b.c'] ") == JsonPath(("a", 0, "b.c"))
    assert patterns.selector("$size") == FieldName("size")
    assert patterns.selector("$12") == FieldNumber(12)


@each(
    ("text", "printed"),
    [
        ("{$.a=b||($.c=1e3&&($.d!=%x y%))}", '{ $.a = "b" || $.c = 1e3 && $.d != %x y% }'),
        ("{($.a=1||$.b=2)&&($.c=3&&$.d=4)}", "{ ($.a = 1 || $.b = 2) && $.c = 3 && $.d = 4 }"),
        ("{$.['a']['b.c'][07].*  IS   NULL}", "{ $.a.['b.c'][7].* IS NULL }"),
        ("{$.a NOT EXISTS}", "{ $.a NOT EXISTS }"),
        ("[ a,b>1||b=x , ...,]", '[a, b > 1 || b = "x", ..., ]'),
        ("[a=1&&a=2,b=2]", "[a = 1 && a = 2, b = 2]"),
        ('"ERROR"  - "x\\"y"\t?%a b%', 'ERROR -"x\\"y" ?%a b%'),
        ('"a\\b" "c\\\\"', '"a\\b" "c\\\\"'),
        (" ", ""),
    ],
)
def test_a_pattern_is_printed_for_people(text: str, printed: str) -> None:
    """With spaces, double quotes around text, and the parentheses that it needs."""
    assert patterns.text_of(patterns.parse(text)) == printed


def test_a_long_pattern_is_printed_short_enough_to_be_one() -> None:
    """Whatever fits into 1,024 characters fits again when printed."""
    text = "{" + "||".join(["$.a['b c']=x"] * 71 + ['$.d="1"']) + "}"
    assert 1000 < len(text) <= 1024
    printed = patterns.text_of(patterns.parse(text))
    assert len(printed) <= 1024
    assert patterns.parse(printed) == patterns.parse(text)


@each(
    ("pattern", "event", "matches", "terms"),
    [
        ("Scan timed out for item.id", "Scan timed out for item.id 7", True, ("item.id",)),
        ("Scan timed out for item.id", "Scan timed out for item_id 7", False, ("item.id",)),
        (
            "java.lang.OutOfMemoryError",
            "x java.lang.OutOfMemoryError: y",
            True,
            ("java.lang.OutOfMemoryError",),
        ),
        ("x-request-id -health-check", "x-request-id 1", True, ("x-request-id", "health-check")),
        ("x-request-id -health-check", "x-request-id health-check", False, ("x-request-id", "health-check")),
        ("?a/b ?level=error", "level=error", True, ("a/b", "level=error")),
        (
            "me@example.com #1 a;b 1+1",
            "#1 1+1 a;b me@example.com",
            True,
            ("me@example.com", "#1", "a;b", "1+1"),
        ),
        ('"a.b" plain', "a.b plain", True, ()),
        ("{ $.a = a.b* }", '{"a": "a.bc"}', True, ()),
    ],
)
def test_terms_with_symbols_that_deployed_filters_have_are_accepted(
    pattern: str,
    event: str,
    matches: bool,  # noqa: FBT001
    terms: tuple[str, ...],
) -> None:
    """They are a part of the term; `unquoted` returns those for which the guide requires double quotes."""
    parsed = patterns.parse(pattern)
    assert patterns.compile(parsed).matches(event) is matches
    assert patterns.unquoted(parsed) == terms
    assert patterns.parse(patterns.text_of(parsed)) == parsed
    assert patterns.unquoted(patterns.parse(patterns.text_of(parsed))) == ()
