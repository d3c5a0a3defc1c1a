"""Notations that files of several products share: text to values, with lines and bounds."""
