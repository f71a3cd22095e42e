"""One file a subject: what a message leads to. A handler calls one service and puts its answer into a
reply.
"""
