"""Self-tests."""


def run():
    """Runs."""
    return 0
