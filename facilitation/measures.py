"""Figures for those who watch the server (Prometheus). They count; whose doing something was, or its words, is in none."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

ACKNOWLEDGED = Histogram(
    "facilitation_ack_seconds", "From a command's arrival to its answer.", ("outcome",), buckets=_SECONDS
)
"""``outcome``: ``ok``, or the code of the refusal."""
UNACKNOWLEDGED = Gauge("facilitation_unacknowledged_commands", "Commands that have arrived and are not answered yet.")
RESYNCS = Counter("facilitation_resyncs_total", "Pages that were told what they had missed.", ("how",))
"""``how``: ``changes`` since their number, or ``everything``."""
EVICTIONS = Counter("facilitation_evictions_total", "Sockets that were hung up on because they did not read.")
LOCK_WAITS = Histogram(
    "facilitation_lock_wait_seconds", "How long a write waited for its turn.", ("lock",), buckets=_SECONDS
)
"""``lock``: ``database`` (SQLite lets one write at a time), or ``meeting``, whose commands are put in order."""
FAULTS = Counter("facilitation_faults_total", "Pages and messages that failed by a fault of ours.")
