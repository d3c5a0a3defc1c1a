"""Who we say we are in an association (PS3.7 D.3.3.2)."""

from __future__ import annotations

from dicomcfg.upper_layer.association import MAXIMUM_LENGTH
from dicomcfg.upper_layer.pdus import UserInformation

IMPLEMENTATION_CLASS_UID = "2.25.301957477342778221976709098641918027663"
IMPLEMENTATION_VERSION_NAME = "DICOMCFG_0_1"
OURSELVES = UserInformation(MAXIMUM_LENGTH, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME)
