"""Pure knowledge of DICOM associations: no Django, no I/O, no clock, no pynetdicom."""
