"""校对: the engine of the wording check. Pure: a text, the entries of the lexicon and a day in, findings with their places out.

``text`` cuts an article into fields and paragraphs, ``matching`` finds many words in one pass, ``alike`` knows which characters
sound or look alike, ``rules/`` holds one kind of rule a file, ``engine`` runs them all and puts what they find together.
"""
