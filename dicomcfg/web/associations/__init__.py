"""Associations: the table, one pair, what is done with several, their negotiation."""
