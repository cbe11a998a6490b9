"""What the commands tell: info, check, bench, engines, and the tables that print it."""
