"""The tests, in the order of the layers that they look at.

framing, accumulate: bytes to events, events to the whole. sources, streams: what is read, and how. integrations, cli,
replay, examples, package, benches: what stands on these. reference: slow, obvious ways to the same results.
support: what tests share. data: one corpus of cases for both languages.
"""
