"""The negotiation on paper: proposals, their split into requests, their size."""
