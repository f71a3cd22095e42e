"""Time and sending: audience → plan → deliveries → calls to WeChat → report. Never twice, never lost.

A push is released by the clock, planned into deliveries (one call to WeChat each) and sent by the sender. Every claim is one
conditional update (:mod:`database.claims`); the tables are the only truth, so any thread or process may die between any two
lines.
"""
