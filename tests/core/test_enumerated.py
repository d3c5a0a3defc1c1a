"""The tables of codes: each belongs to an element, fits its VR and names its clause."""

import re

import pytest

from dicomcfg.core.standard import dictionary as elements
from dicomcfg.core.standard.enumerated import coded_elements, codes_of

CODED = sorted(coded_elements())
LIMITS = {"CS": 16, "LO": 64, "SH": 16, "IS": 12}
NUMBERS = {"US": (0, 0xFFFF), "SS": (-0x8000, 0x7FFF)}
CODE_STRING = re.compile(r"[A-Z0-9 _]+")
NUMBER = re.compile(r"-?[0-9]+|0x[0-9A-F]{4}(-0x[0-9A-F]{4})?")
CLAUSE = re.compile(r"PS3\.[0-9]{1,2} ([A-Z]{1,2}|[0-9]{1,2})(\.[0-9]{1,2})*")


def _codes(path):
    return [code for table in codes_of(path) for code in table.codes]


@pytest.mark.parametrize("path", CODED)
def test_the_element_exists_and_is_in_use(path):
    entry = elements.dictionary()[path]
    assert not entry.retired or path.startswith("60xx")


@pytest.mark.parametrize("path", CODED)
def test_values_fit_the_value_representation(path):
    (vr,) = elements.dictionary()[path].vrs
    assert vr in LIMITS.keys() | NUMBERS.keys()
    for code in _codes(path):
        if vr in LIMITS:
            assert 0 < len(code.value) <= LIMITS[vr], code
            assert vr != "CS" or CODE_STRING.fullmatch(code.value), code
        else:
            low, high = NUMBERS[vr]
            assert NUMBER.fullmatch(code.value), code
            numbers = [int(text, 0) for text in re.split(r"(?<=.)-", code.value)]
            assert all(low <= number <= high for number in numbers), code


@pytest.mark.parametrize("path", CODED)
def test_tables_are_whole(path):
    for table in codes_of(path):
        assert table.kind in ("Enumerated values", "Defined terms")
        assert CLAUSE.fullmatch(table.clause), table.clause
        assert table.codes
        values = [code.value for code in table.codes]
        assert len(values) == len(set(values))
        for code in table.codes:
            assert code.meaning == code.meaning.strip() != ""
            assert len(code.meaning) <= 80
            assert not code.meaning.endswith(".")
    if len(codes_of(path)) > 1:
        scopes = [table.of for table in codes_of(path)]
        assert len(set(scopes)) == len(scopes)


@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("CommandField", {"0x0001", "0x8030", "0x0FFF"}),
        ("Priority", {"0x0000", "0x0001", "0x0002"}),
        ("CommandDataSetType", {"0x0101"}),
        ("Status", {"0x0000", "0xFF00", "0xFE00", "0xA702"}),
        ("Modality", {"CT", "MR", "RTDOSE", "OPTENF", "DM", "ST"}),
        ("PhotometricInterpretation", {"MONOCHROME2", "YBR_RCT", "XYB", "CMYK"}),
        ("QueryRetrieveLevel", {"PATIENT", "STUDY", "SERIES", "IMAGE", "FRAME"}),
        ("SpecificCharacterSet", {"ISO_IR 100", "ISO 2022 IR 87", "ISO_IR 192", "GB18030"}),
        ("PixelRepresentation", {"0x0000", "0x0001"}),
        ("PlanarConfiguration", {"0x0000", "0x0001"}),
        ("PresentationLUTShape", {"IDENTITY", "INVERSE", "LIN OD"}),
        ("VOILUTFunction", {"LINEAR", "LINEAR_EXACT", "SIGMOID"}),
        ("ModalityLUTType", {"HU", "OD", "US"}),
        ("RescaleType", {"HU", "OD", "US"}),
        ("PatientSex", {"M", "F", "O"}),
        ("PatientPosition", {"HFS", "FFDL"}),
        ("ImageType", {"ORIGINAL", "SECONDARY", "LOCALIZER"}),
    ],
)
def test_the_elements_that_people_ask_for_have_codes(keyword, values):
    entry = elements.lookup(keyword)
    assert entry is not None
    assert values <= {code.value for code in _codes(entry.path)}


def test_command_field_has_a_response_for_each_request():
    """PS3.7 E.1: a response has the highest bit set; a C-CANCEL has none."""
    numbers = {int(code.value, 16) for code in _codes("00000100")}
    requests = {number for number in numbers if number < 0x8000}
    assert len(numbers) == 23
    assert numbers - requests == {request | 0x8000 for request in requests - {0x0FFF}}


def test_every_retired_modality_is_marked():
    retired = [code.value for code in _codes("00080060") if code.retired]
    assert len(retired) == 18
    assert codes_of("00080061") == codes_of("00080060")


def test_what_has_no_codes():
    assert codes_of("00100010") == ()
