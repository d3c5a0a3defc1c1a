"""Orthanc servers kept in step: what is asked of them, what they hold, what would be written."""
