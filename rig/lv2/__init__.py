"""LV2 plug-ins: which are installed, what each is, and the engine that it becomes."""
