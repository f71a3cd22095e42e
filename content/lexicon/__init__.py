"""错敏词库: the office's own list of wrong wordings, fixed phrases, titles, places and exceptions, kept in versions.

``shipped`` reads what comes with the product, ``keeping`` holds and changes the office's, ``sheets`` takes it to Excel and back,
``current`` gives the engine that it makes.
"""
