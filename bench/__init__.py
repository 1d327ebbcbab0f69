"""Repeatable benchmarks: `python -m bench` measures every budget, prints one table and writes results.json."""
