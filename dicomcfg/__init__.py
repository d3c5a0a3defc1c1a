"""dicomcfg: AE tables and association settings, kept, tested live and exchanged."""

__version__ = "0.1.0"
