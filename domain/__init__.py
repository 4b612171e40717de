"""What is true and what is allowed: pure rules, and the one way to carry out a command."""
