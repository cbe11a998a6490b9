"""A capture -> a model. The only room that imports torch, and only once `command.run` is called."""
