"""What is tried to the bone: pushes under ``kill -9`` (:mod:`tests.torture.kills`), and plans against what people received
(:mod:`tests.torture.plans`). ``./pioneer torture`` runs it in pieces; the tests run one short piece of each.
"""
