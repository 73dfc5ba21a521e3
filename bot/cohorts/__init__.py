"""Who is in the organization: the roster, and one learner for each person of it."""
