"""dcm4che: Annex H as LDIF and as JSON, and the property files of its tools."""
