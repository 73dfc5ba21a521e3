"""What Laps counts for its operators, in Prometheus' format. Every metric is documented by its own help."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.model import Delivery, DeliveryState, Incoming
from bot.routes import ROUTES


class Metrics:
    """One registry, so that two servers in one process (as in tests) do not count each other's."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._interactions = Counter(
            "laps_interactions_total",
            "Interactions handled, by channel, verb and outcome (done, refused, repeat, bug, failed).",
            ("channel", "verb", "outcome"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "laps_interaction_seconds",
            "Time from what came in to its commit.",
            ("channel",),
            registry=self._registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
        )
        self._deliveries = Counter(
            "laps_deliveries_total",
            "Attempts to deliver, by channel and how each ended "
            "(sent, queued, superseded, dropped, failed, unknown).",
            ("channel", "state"),
            registry=self._registry,
        )
        self._lessons = Gauge(
            "laps_lessons", "Lessons in the catalogue that is live.", registry=self._registry
        )

    def interaction(self, incoming: Incoming, outcome: str, seconds: float) -> None:
        """Count one interaction."""
        verb = incoming.verb if incoming.verb in ROUTES else "unknown"
        channel = incoming.workspace.channel.value
        self._interactions.labels(channel, verb, outcome).inc()
        self._seconds.labels(channel).observe(seconds)

    def delivery(self, delivery: Delivery, state: DeliveryState) -> None:
        """Count one attempt to deliver."""
        self._deliveries.labels(delivery.workspace.channel.value, state.value).inc()

    def lessons(self, count: int) -> None:
        """Note how many lessons are live."""
        self._lessons.set(count)

    def page(self) -> bytes:
        """Return the page that Prometheus reads."""
        return generate_latest(self._registry)
