"""What firms believe, choose, do and report."""
