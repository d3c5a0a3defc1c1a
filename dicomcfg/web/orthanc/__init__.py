"""Orthanc servers: naming them, comparing, importing, pushing, echoing through them."""
