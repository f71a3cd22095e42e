"""A message comes in: the callable before Flask, claim, router, handlers, spool. One transaction."""
