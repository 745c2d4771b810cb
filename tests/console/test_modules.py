"""The console's pure modules have tests of their own, for Node's test runner."""

import subprocess
from pathlib import Path

from tests.js.node import node_with_client

HERE = Path(__file__).parent


def test_the_modules_pass_their_own_tests() -> None:
    files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    assert files
    result = subprocess.run(
        [*node_with_client(), "--test", *files], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]
