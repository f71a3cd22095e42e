"""What a push costs: our callback beside other people's, over HTTP, in one run."""
