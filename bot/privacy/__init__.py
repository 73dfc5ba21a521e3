"""What nobody may learn of a person: the one place in which figures are held back."""
