"""The inventory as a file: what, in which format, with a look before it is downloaded."""
