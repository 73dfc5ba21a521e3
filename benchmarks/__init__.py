"""Speed, measured side by side with the stock ways in one run: `make bench`."""
