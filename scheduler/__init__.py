"""When Laps speaks: who is due, and the deliveries on their way."""
