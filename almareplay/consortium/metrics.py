"""What a worker tells Prometheus: the state of the queue, and its own calls; nobody's data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from almareplay.consortium.worker import Worker
from almareplay.queue.consortium.submissions import submitted, to_do
from almareplay.queue.reading import queries
from almareplay.queue.store import Queue

_HOST = "127.0.0.1"


def serve(port: int, queue: Queue, worker: Worker) -> None:
    """Answer at ``/metrics`` on this port of this machine, from a thread, while the process lives.
    Raises OSError where the port is taken."""
    registry = CollectorRegistry()
    registry.register(_Metrics(queue, worker))
    start_http_server(port, addr=_HOST, registry=registry)


class _Metrics(Collector):
    """Reads the queue whenever it is asked; a queue that is away makes the answer an error."""

    def __init__(self, queue: Queue, worker: Worker) -> None:
        self._queue = queue
        self._worker = worker

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the queue is read when somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        yield from self._of_queue()
        yield from self._of_worker()

    def _of_queue(self) -> Iterator[Metric]:
        rows = GaugeMetricFamily(
            "almareplay_rows", "Rows of submitted runs.", labels=["institution", "run", "outcome"]
        )
        runs = GaugeMetricFamily("almareplay_runs", "Submitted runs.", labels=["state"])
        known, now = submitted(self._queue), to_do(self._queue)
        states = Counter({"due": len(now.due), "replayed": len(now.held)})
        states["blocked"] = sum(bool(each.blocked) for each in known)
        states["finished"] = sum(each.finished_at is not None for each in known)
        states["waiting"] = len(known) - states.total()
        for state, number in states.items():
            runs.add_metric([state], number)
        for each in known:
            for outcome, number in queries.outcomes(self._queue, each.run).items():
                rows.add_metric([each.run.institution, each.run.name, outcome.value], number)
        yield rows
        yield runs

    def _of_worker(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "almareplay_calls", "Calls that this worker has made.", labels=["institution"]
        )
        failures = CounterMetricFamily(
            "almareplay_failures",
            "Looks of this worker that ended before the run did.",
            labels=["institution", "why"],
        )
        pace = GaugeMetricFamily(
            "almareplay_calls_per_second", "Calls of the last seconds.", labels=["institution"]
        )
        left = GaugeMetricFamily(
            "almareplay_calls_left", "Calls left today, as Alma said.", labels=["institution"]
        )
        for institution, number in self._worker.calls.items():
            calls.add_metric([institution], number)
        for (institution, why), number in self._worker.failures.items():
            failures.add_metric([institution, why], number)
        for look in self._worker.looks:
            pace.add_metric([look.run.institution], look.calls_per_second)
            if look.traffic is not None and look.traffic.calls_left is not None:
                left.add_metric([look.run.institution], look.traffic.calls_left)
        swept = GaugeMetricFamily(
            "almareplay_seconds_since_sweep", "Since this worker last saw what is due."
        )
        swept.add_metric([], self._worker.seconds_since_sweep)
        yield from (calls, failures, pace, left, swept)
