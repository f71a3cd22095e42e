"""From a request to a checked message and back: signature, cipher, parsing, replies. Pure functions."""
