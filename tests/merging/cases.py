"""All cases, in the order of the table."""

from __future__ import annotations

from tests.merging import anthropic_cases, chat_cases, responses_cases

CASES = [*chat_cases.CASES, *responses_cases.CASES, *anthropic_cases.CASES]
