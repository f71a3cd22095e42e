"""Who may do what: users, their rights and passwords, and the trail of what they did."""
