"""Benchmarks of ssewire beside other parsers, and of its own parts. `python -m benches.run` runs them."""
