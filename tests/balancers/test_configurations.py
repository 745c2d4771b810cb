"""The load balancers' own opinion of their files."""

import pytest

from tests.balancers.balancer import CONFIGURATIONS, Balancer

PORTS = [3001, 3002, 3003]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_it_is_accepted_without_a_warning(configuration: str) -> None:
    balancer = Balancer(configuration, PORTS)
    try:
        balancer.check()
    finally:
        balancer.close()
