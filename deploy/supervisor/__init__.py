"""Runs the suite: Redis and the five processes, for deploy/up and deploy/down."""
