"""Random walks through the core: people who press, type and wait in any order, and the laws that hold."""
