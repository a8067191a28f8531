"""How fast it is: `fiveplusn bench`. Every figure is measured on real processes, beside a bare loop in the same run."""
