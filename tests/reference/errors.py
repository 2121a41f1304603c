"""What is an error, for the references of all dialects: docs/dialects.md, "What is the same everywhere"."""

from __future__ import annotations

import re

from tests.reference.calls import Json, Object, an_object, compact, objects

MESSAGES = (
    *("message", "error", "detail", "errorText", "error_message", "errorMessage"),
    *("error_msg", "errmsg", "status_msg", "msg", "title"),
)
CODES = ("code", "error_code", "errorCode", "errcode", "status_code")
CARGO = ("choices", "data", "result", "output", "content", "delta")
SUCCESSES = ("ok", "success", "succeeded")


def error_of(name: str, payload: Json) -> Json:
    """Give what in a payload is an error in a shape that no dialect uses for anything else, or None."""
    fields = an_object(payload)
    if fields.get("error") and fields.get("toolCallId") is None:
        return fields["error"]
    status = an_object(fields.get("base_resp"))
    if says_failure(status.get("status_code")):
        return status
    if name == "error" or fields.get("object") == "error" or fields.get("type") == "error":
        return payload or compact(payload)
    return None


def brings_more(payload: Json) -> bool:
    """Whether a payload has anything beside what errors have: a type of its own, or what an envelope encloses."""
    fields = an_object(payload)
    kind = fields["type"] if isinstance(fields.get("type"), str) else ""
    typed = kind != "" and not any(part in kind for part in ("error", "about:", "http"))
    return typed or any(fields.get(key) for key in CARGO)


def error_in_unknown(name: str, payload: Json) -> Json:
    """Give the error that a payload is by its members, which the dialect does not know."""
    fields = an_object(payload)
    if name != "message" or brings_more(payload) or says_success(fields.get("message")):
        return None
    if objects(fields.get("errors")):
        return objects(fields["errors"])[0]
    codes = [fields.get(key) for key in CODES]
    words = [code for code in codes if isinstance(code, str) and code and not says_success(code)]
    failed = (
        any(says_failure(code) for code in codes)
        or words != []
        or any(is_http_error(fields.get(key)) for key in ("status", "statusCode"))
        or fields.get("success") is False
        or fields.get("status") in ("error", "failed", "failure")
    )
    return payload if failed and any(fields.get(key) for key in MESSAGES) else None


def bare_error(value: Json) -> Json:
    """Give a value that comes alone if it is an error by its members, as answers to requests are."""
    if isinstance(value, list) and len(value) == 1:
        return bare_error(value[0])
    fields = an_object(value)
    fine = any(says_success(fields.get(key)) for key in ("message", "code", "status"))
    told = fields.get("detail") is not None or isinstance(fields.get("message"), str)
    bare = told and not fine and fields.get("choices") is None
    return error_of("", value) or error_in_unknown("message", value) or (value if bare else None)


def error_alone(name: str, payload: Json) -> Json:
    """Give a payload that the dialect does not know if it is an error where it is the only one."""
    return bare_error(payload) if name == "message" and isinstance(payload, dict) and not brings_more(payload) else None


def number_of(code: Json) -> int | None:
    text = code if isinstance(code, str) else compact(code)
    return int(text) if re.fullmatch("[-+]?[0-9]+", text) else None


def says_failure(code: Json) -> bool:
    number = number_of(code)
    return number is not None and number != 0 and not 100 <= number < 300


def says_success(code: Json) -> bool:
    number = number_of(code)
    word = isinstance(code, str) and code.lower() in SUCCESSES
    return word or (number is not None and (number == 0 or 100 <= number < 300))


def is_http_error(code: Json) -> bool:
    number = number_of(code)
    return number is not None and 400 <= number < 600


def error_fields(error: Json, payload: Object) -> Object:
    """Give message, code and type as a user sees them; what the error lacks may stand beside it in its payload."""
    fields = an_object(error)
    message = next((fields[key] for key in MESSAGES if fields.get(key)), error)
    codes = [holder.get(key) for key in CODES for holder in (fields, payload)]
    kinds = [fields.get("type"), payload.get("error_type")]
    return {
        "message": message if isinstance(message, str) else compact(message),
        "code": next((code for code in codes if code is not None and not isinstance(code, (dict, list))), None),
        "type": next((kind for kind in kinds if isinstance(kind, str) and kind), None),
    }
