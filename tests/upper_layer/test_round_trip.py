"""Whatever pynetdicom can build, we read and write again to the same meaning."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynetdicom import pdu as codec
from pynetdicom import pdu_items as items

from dicomcfg.upper_layer.decoding import decode
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.errors import LocalProtocolError
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import AssociateReject, AssociateRequest, Data, UserInformation

_NUMBERS = st.integers(0, 9999).map(str)
UIDS = st.lists(_NUMBERS, min_size=2, max_size=10).map(lambda parts: "1." + ".".join(parts))
_TITLE_CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="\\")
TITLES = (
    st.text(_TITLE_CHARACTERS, min_size=1, max_size=16)
    .map(lambda text: text.strip(" "))
    .filter(bool)
)
BYTES = st.integers(0, 255)
SHORTS = st.integers(0, 0xFFFF)


def filled(cls: type, **values: object) -> object:
    """A pynetdicom item or PDU with its attributes set."""
    made = cls()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def built(cls: type, **strategies: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.fixed_dictionaries(strategies).map(lambda values: filled(cls, **values))


TRANSFER = built(items.TransferSyntaxSubItem, transfer_syntax_name=UIDS)
ABSTRACT = built(items.AbstractSyntaxSubItem, abstract_syntax_name=UIDS)
PROPOSED = built(
    items.PresentationContextItemRQ,
    presentation_context_id=BYTES,
    abstract_transfer_syntax_sub_items=st.builds(
        lambda abstract, transfer: [abstract, *transfer],
        ABSTRACT,
        st.lists(TRANSFER, min_size=1, max_size=4),
    ),
)
ANSWERED = built(
    items.PresentationContextItemAC,
    presentation_context_id=BYTES,
    result_reason=st.integers(0, 4),
    transfer_syntax_sub_item=st.lists(TRANSFER, min_size=1, max_size=1),
)
SINGLE_SUB_ITEMS = [
    built(items.MaximumLengthSubItem, maximum_length_received=st.integers(0, 2**32 - 1)),
    built(items.ImplementationClassUIDSubItem, implementation_class_uid=UIDS),
    built(items.ImplementationVersionNameSubItem, implementation_version_name=TITLES),
    built(
        items.AsynchronousOperationsWindowSubItem,
        maximum_number_operations_invoked=SHORTS,
        maximum_number_operations_performed=SHORTS,
    ),
]
REPEATED_SUB_ITEMS = [
    built(
        items.SCP_SCU_RoleSelectionSubItem,
        sop_class_uid=UIDS,
        scu_role=st.integers(0, 1),
        scp_role=st.integers(0, 1),
    ),
    built(
        items.SOPClassExtendedNegotiationSubItem,
        sop_class_uid=UIDS,
        service_class_application_information=st.binary(max_size=16),
    ),
    built(
        items.SOPClassCommonExtendedNegotiationSubItem,
        sop_class_uid=UIDS,
        service_class_uid=UIDS,
        related_general_sop_class_identification=st.lists(UIDS, max_size=3),
    ),
]
IDENTITY_REQUEST = built(
    items.UserIdentitySubItemRQ,
    user_identity_type=st.integers(1, 5),
    positive_response_requested=st.integers(0, 1),
    primary_field=st.binary(min_size=1, max_size=20),
    secondary_field=st.binary(max_size=20),
)
IDENTITY_ANSWER = built(items.UserIdentitySubItemAC, server_response=st.binary(max_size=20))


def user_information(
    identity: st.SearchStrategy[object],
) -> st.SearchStrategy[items.UserInformationItem]:
    maybe = [st.lists(s, max_size=1) for s in (*SINGLE_SUB_ITEMS, identity)]
    several = [st.lists(s, max_size=2) for s in REPEATED_SUB_ITEMS]
    groups = st.tuples(*maybe, *several).flatmap(
        lambda lists: st.permutations([item for group in lists for item in group])
    )
    return built(items.UserInformationItem, user_data=groups)


def variable_items(
    context: st.SearchStrategy[object], identity: st.SearchStrategy[object]
) -> st.SearchStrategy[list[object]]:
    return st.builds(
        lambda contexts, user: [items.ApplicationContextItem(), *contexts, user],
        st.lists(context, min_size=1, max_size=5),
        user_information(identity),
    )


PDUS = st.one_of(
    built(
        codec.A_ASSOCIATE_RQ,
        called_ae_title=TITLES,
        calling_ae_title=TITLES,
        variable_items=variable_items(PROPOSED, IDENTITY_REQUEST),
    ),
    built(
        codec.A_ASSOCIATE_AC,
        reserved_aet=TITLES,
        reserved_aec=TITLES,
        variable_items=variable_items(ANSWERED, IDENTITY_ANSWER),
    ),
    built(codec.A_ASSOCIATE_RJ, result=BYTES, source=BYTES, reason_diagnostic=BYTES),
    built(
        codec.P_DATA_TF,
        presentation_data_value_items=st.lists(
            built(
                items.PresentationDataValueItem,
                presentation_context_id=BYTES,
                presentation_data_value=st.builds(
                    lambda flags, data: bytes([flags]) + data,
                    st.integers(0, 3),
                    st.binary(max_size=64),
                ),
            ),
            max_size=3,
        ),
    ),
    built(codec.A_RELEASE_RQ),
    built(codec.A_RELEASE_RP),
    built(codec.A_ABORT_RQ, source=BYTES, reason_diagnostic=BYTES),
)


def canonical(raw: bytes) -> tuple[bytes, ...]:
    """Head and encoded items, the order of user information sub-items set aside."""
    cls = {1: codec.A_ASSOCIATE_RQ, 2: codec.A_ASSOCIATE_AC}.get(raw[0])
    if cls is None:
        return (raw,)
    parsed = cls()
    parsed.decode(raw)
    parts = [raw[:74]]
    for item in parsed.variable_items:
        if isinstance(item, items.UserInformationItem):
            parts += sorted(sub_item.encode() for sub_item in item.user_data)
        else:
            parts.append(item.encode())
    return tuple(parts)


@settings(max_examples=300)
@given(PDUS)
def test_valid_pdus_round_trip(pdu: codec.PDU) -> None:
    raw = pdu.encode()
    notes = Notes()
    ours = decode(raw, notes)
    again = encode(ours)
    assert canonical(again) == canonical(raw)
    assert decode(again, Notes()) == ours
    assert not [note for note in notes if note.startswith("unknown-item")]


@pytest.mark.parametrize(
    "pdu",
    [
        AssociateRequest("A" * 17, "B", (), UserInformation()),
        AssociateRequest("A", "", (), UserInformation()),
        AssociateRequest("A", "B", (), UserInformation(implementation_class_uid="1." * 40)),
        AssociateReject(256, 1, 1),
    ],
)
def test_what_cannot_be_encoded_is_our_own_error(pdu: AssociateRequest) -> None:
    with pytest.raises(LocalProtocolError):
        encode(pdu)


def test_an_empty_p_data_holds_no_fragment() -> None:
    assert decode(encode(Data(())), Notes()) == Data(())
