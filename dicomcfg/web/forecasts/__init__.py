"""Forecasts: negotiations on paper."""
