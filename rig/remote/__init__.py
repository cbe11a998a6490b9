"""The gig for others: verbs as lines of text, JSON lines as answers."""
