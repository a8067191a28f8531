"""The image is made of wheels alone: `make test-long`, because the index is asked for every package."""

import subprocess
import sys
from pathlib import Path


def test_every_package_of_the_image_comes_as_a_wheel():
    """As the Dockerfile installs them: without a compiler, and without running what a package brings to be built."""
    assert "--only-binary=:all:" in Path("deploy/Dockerfile").read_text()
    told = ["--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--disable-pip-version-check"]
    how = ["--only-binary=:all:", "--require-hashes", "-r", "requirements-run.lock"]
    done = subprocess.run([sys.executable, "-m", "pip", "install", *told, *how], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
