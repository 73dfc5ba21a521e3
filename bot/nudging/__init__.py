"""Speaking first: when it is time, whether it is allowed, what is said, and what the person says to it."""
