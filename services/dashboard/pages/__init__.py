"""The pages, one module each: a door, what it asks for, and what it shows."""
