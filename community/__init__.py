"""People and places: branches, roster, binding, followers, privacy, users; activities, check-in, ledgers.

Services only: every function takes its session (or connection) and its moment, opens nothing and knows no Flask.
"""
