"""The world of the tests and the measurements: one factory for each kind of thing, which makes it as the product would.

A factory takes a session (or the database, where a file is written before), fills in what does not matter, and calls the
services; a test names only what it is about. What no service can make in a test's time is made from rows: in bulk in
:mod:`tests.world.many`, as a thing of the past in :func:`tests.world.pushes.planned` and :func:`tests.world.answers.given`.
"""
