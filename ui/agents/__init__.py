"""The jury as tools for agents, by the Model Context Protocol: on this machine, or behind the page's sign-in."""
