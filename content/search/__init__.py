"""搜索: articles by words of their title, author and body, by pinyin and initials of their title."""
