"""Orthanc's settings: JSON, env files and what a docker-compose file holds of them."""
