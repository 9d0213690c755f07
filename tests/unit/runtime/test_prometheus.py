"""What /metrics prints is what Prometheus reads."""

from __future__ import annotations

from hub.core.metrics import snapshot
from hub.runtime.prometheus import process_samples, render


def test_families_are_described_once_and_values_are_escaped() -> None:
    text = render(
        [
            ("a_total", "counter", "Things, by \\ and\nline", {"kind": 'x"y\\z\n'}, 3),
            ("a_total", "counter", "Things, by \\ and\nline", {"kind": "b"}, 4),
            ("t_seconds_bucket", "histogram", "Times", {"le": "0.5"}, 1),
            ("t_seconds_bucket", "histogram", "Times", {"le": "+Inf"}, 2),
            ("t_seconds_sum", "histogram", "Times", {}, 0.75),
            ("t_seconds_count", "histogram", "Times", {}, 2),
        ]
    )
    assert text == (
        "# HELP a_total Things, by \\\\ and\\nline\n"
        "# TYPE a_total counter\n"
        'a_total{kind="x\\"y\\\\z\\n"} 3\n'
        'a_total{kind="b"} 4\n'
        "# HELP t_seconds Times\n"
        "# TYPE t_seconds histogram\n"
        't_seconds_bucket{le="0.5"} 1\n'
        't_seconds_bucket{le="+Inf"} 2\n'
        "t_seconds_sum 0.75\n"
        "t_seconds_count 2\n"
    )


def test_every_number_of_the_house_can_be_rendered() -> None:
    lines = render([*snapshot(), *process_samples()]).splitlines()
    described = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(described) == len(set(described)) > 5
    assert all(float(line.rpartition(" ")[2]) >= 0 for line in lines if not line.startswith("#"))
