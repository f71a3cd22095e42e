"""Content: an article from the Word file to the HTML that WeChat and readers get."""
