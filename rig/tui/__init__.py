"""The screen: a Textual app that holds a gig, shows it, and turns keys into its verbs."""
