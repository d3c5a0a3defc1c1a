"""Transfer Capabilities out of presentation contexts."""

from dicomcfg.core.negotiation.capabilities import capabilities_of_contexts, with_role
from dicomcfg.core.records import PresentationContext, TransferCapability

A, B = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"


def test_contexts_of_one_class_become_one_capability_in_their_order():
    contexts = [
        PresentationContext(B, ("1.2.1", "1.2.2")),
        PresentationContext(A, ("1.2.3",)),
        PresentationContext(B, ("1.2.3", "1.2.1")),
    ]
    assert capabilities_of_contexts(contexts, "SCU") == (
        TransferCapability(B, "SCU", ("1.2.1", "1.2.2", "1.2.3")),
        TransferCapability(A, "SCU", ("1.2.3",)),
    )
    assert capabilities_of_contexts([], "SCP") == ()


def test_those_of_a_role_are_replaced_where_the_first_of_them_stood():
    scu, scp = (TransferCapability(A, role, ("1.2.1",)) for role in ("SCU", "SCP"))
    other, wanted = (TransferCapability(B, role, ("1.2.1",)) for role in ("SCU", "SCP"))
    assert with_role((scu, scp, other), (wanted, scp), "SCP") == (scu, wanted, scp, other)
    assert with_role((scu, other), (wanted,), "SCP") == (scu, other, wanted)
    assert with_role((scp,), (), "SCP") == ()
