"""Our own reader of WordprocessingML: what a Word document shows, as a tree of clean HTML and a list of what could not be taken.

It walks over everything that a document holds and knows what to leave out, never the other way round: an element that nobody
has heard of is looked into, and its text stays. All of it runs in a child with limits (:mod:`ground.apart`); the packages that
it reads were counted while they unpacked (:mod:`content.wordfile`).
"""
