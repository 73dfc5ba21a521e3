"""Real use of AI tools, as the tools' own reports and exports tell it."""
