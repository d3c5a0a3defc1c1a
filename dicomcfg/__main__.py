"""`python -m dicomcfg`: the command line without an installed script."""

from dicomcfg.cli import main

main(prog_name="dicomcfg")
