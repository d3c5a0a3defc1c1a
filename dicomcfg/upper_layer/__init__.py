"""Sans-IO DICOM upper layer: bytes in, events out; the only room that imports pynetdicom."""
