"""Commands as values. Knows what people can call and the function behind each; must not know platforms' menus."""
