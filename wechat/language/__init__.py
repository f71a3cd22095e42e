"""What a follower means: words, commands, names. Pure functions."""
