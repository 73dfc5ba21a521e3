"""Slack: HTTP or Socket Mode in, Block Kit out."""
