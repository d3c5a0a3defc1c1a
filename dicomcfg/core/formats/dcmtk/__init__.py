"""DCMTK's association configuration and dcmqrscp.cfg, as DCMTK's own parsers take them."""
