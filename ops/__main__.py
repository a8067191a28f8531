"""`python -m ops`: the `fiveplusn` command where the project is not installed, as in its images."""

from ops.cli import main

main()
