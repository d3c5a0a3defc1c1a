"""A made-up hospital network of any size, for measuring and for looking at pages."""
