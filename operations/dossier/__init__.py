"""An article's papers: its 审核登记表, made of what happened, and its whole story. They only read."""
