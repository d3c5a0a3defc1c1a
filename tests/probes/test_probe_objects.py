"""The test objects: marked, valid where a tool can say so, and with frames that decode."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import write_file_meta_info

from dicomcfg.core.standard.uids import ABSTRACT_SYNTAX, TRANSFER_SYNTAX, lookup
from dicomcfg.probes.objects.encoding import EXPLICIT, IMPLICIT, encode
from dicomcfg.probes.objects.frames import (
    FRAMES,
    HTJ2K_LOSSLESS,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS_SV1,
    JPEG_LS_LOSSLESS,
    RLE_LOSSLESS,
)
from dicomcfg.probes.objects.identifiers import FIND_CLASSES, identifier_of
from dicomcfg.probes.objects.making import MadeObject, make, offered
from tests.parts.programs import program

PAIRS = [(uid, syntax) for uid, syntaxes in offered().items() for syntax in syntaxes]
IMAGE_OF = {8: "1.2.840.10008.5.1.4.1.1.7", 16: "1.2.840.10008.5.1.4.1.1.2"}
GREY = {8: b"\x80", 16: b"\x00\x08"}
DECODERS = {
    RLE_LOSSLESS: "dcmdrle",
    JPEG_BASELINE: "dcmdjpeg",
    JPEG_EXTENDED: "dcmdjpeg",
    JPEG_LOSSLESS_SV1: "dcmdjpeg",
    JPEG_LS_LOSSLESS: "dcmdjpls",
}


def file_of(made: MadeObject) -> bytes:
    """The object as a DICOM file (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.sent.sop_class
    meta.MediaStorageSOPInstanceUID = made.sent.sop_instance
    meta.TransferSyntaxUID = made.sent.transfer_syntax
    buffer = BytesIO(bytes(128) + b"DICM")
    buffer.seek(0, 2)
    write_file_meta_info(buffer, meta, enforce_standard=True)  # type: ignore[arg-type]
    return buffer.getvalue() + made.encoded


def read(made: MadeObject) -> Dataset:
    return dcmread(BytesIO(file_of(made)))


@pytest.mark.parametrize(("sop_class", "transfer_syntax"), PAIRS)
def test_every_object_says_that_it_is_a_test(sop_class: str, transfer_syntax: str) -> None:
    made = make(sop_class, transfer_syntax)
    data_set = read(made)
    assert (data_set.PatientName, data_set.PatientID) == ("DICOMCFG^TEST", "DICOMCFG-TEST")
    assert "may be deleted" in data_set.StudyDescription
    assert "may be deleted" in data_set.SeriesDescription
    assert data_set.SOPInstanceUID == made.sent.sop_instance
    assert data_set.StudyInstanceUID == made.sent.study_instance
    assert data_set.SOPClassUID == sop_class
    assert len(made.encoded) % 2 == 0
    tags = [element.tag for element in data_set]
    assert tags == sorted(tags)


def test_no_two_objects_share_a_uid() -> None:
    first, second = (read(make(*PAIRS[0])) for _ in range(2))
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        assert first[keyword].value != second[keyword].value


def test_what_is_offered_is_registered_and_the_rest_refused() -> None:
    for sop_class, syntaxes in offered().items():
        for uid, kinds in ((sop_class, ABSTRACT_SYNTAX), *((s, TRANSFER_SYNTAX) for s in syntaxes)):
            entry = lookup(uid)
            assert entry is not None
            assert entry.kind in kinds
            assert entry.usable
    for pair in (("1.2.3", EXPLICIT), (IMAGE_OF[16], JPEG_BASELINE), (PAIRS[0][0], "1.2.3")):
        with pytest.raises(LookupError):
            make(*pair)


@pytest.mark.parametrize(("transfer_syntax", "bits"), [k for k in FRAMES if k[0] in DECODERS])
def test_the_frames_decode_to_one_grey(transfer_syntax: str, bits: int, tmp_path: Path) -> None:
    source, decoded = tmp_path / "in.dcm", tmp_path / "out.dcm"
    source.write_bytes(file_of(make(IMAGE_OF[bits], transfer_syntax)))
    command = [program(DECODERS[transfer_syntax]), str(source), str(decoded)]
    subprocess.run(command, check=True, timeout=20)
    assert dcmread(decoded).PixelData == GREY[bits] * 256


@pytest.mark.parametrize(
    ("transfer_syntax", "bits"),
    [key for key in FRAMES if key[0] in (JPEG_2000_LOSSLESS, HTJ2K_LOSSLESS)],
)
def test_the_wavelet_frames_are_codestreams_of_their_size(transfer_syntax: str, bits: int) -> None:
    """DCMTK cannot decode them: the header (ISO 15444-1 A.5.1) is read here."""
    frame = FRAMES[transfer_syntax, bits]
    assert frame[:4] == b"\xff\x4f\xff\x51"
    assert frame.rstrip(b"\0")[-2:] == b"\xff\xd9"
    assert [int.from_bytes(frame[at : at + 4], "big") for at in (8, 12)] == [16, 16]
    is_high_throughput = bool(frame[6] & 0x40)
    assert is_high_throughput is (transfer_syntax == HTJ2K_LOSSLESS)
    assert frame[42] + 1 == {8: 8, 16: 12}[bits]


@pytest.mark.parametrize("bits", [8, 16])
def test_openjpeg_decodes_to_one_grey(bits: int, tmp_path: Path) -> None:
    (tmp_path / "in.j2k").write_bytes(FRAMES[JPEG_2000_LOSSLESS, bits])
    command = [program("opj_decompress"), "-i", "in.j2k", "-o", "out.rawl"]
    subprocess.run(command, check=True, timeout=20, cwd=tmp_path, capture_output=True)
    assert (tmp_path / "out.rawl").read_bytes() == GREY[bits] * 256


@pytest.mark.parametrize(("sop_class", "transfer_syntax"), PAIRS)
def test_dcmtk_reads_every_object(sop_class: str, transfer_syntax: str, tmp_path: Path) -> None:
    file = tmp_path / "object.dcm"
    file.write_bytes(file_of(make(sop_class, transfer_syntax)))
    read = subprocess.run([program("dcmdump"), file], capture_output=True, timeout=20, check=True)
    assert read.stderr == b""


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("sop_class", FIND_CLASSES)
def test_identifiers_are_new_each_time(sop_class: str, syntax: str) -> None:
    first, second = identifier_of(sop_class), identifier_of(sop_class)
    assert first != second
    assert encode(first, syntax) != encode(second, syntax)

    def values(attributes: dict[str, Any]) -> list[str]:
        nested = [v for item in attributes.get("ScheduledProcedureStepSequence", []) for v in item]
        return nested or list(attributes)

    assert "PatientName" not in values(first)


def test_the_keys_follow_the_model() -> None:
    study_root, patient_root, worklist, _ = (identifier_of(uid) for uid in FIND_CLASSES)
    assert list(study_root) == ["QueryRetrieveLevel", "StudyInstanceUID"]
    assert study_root["StudyInstanceUID"].startswith("2.25.")
    assert list(patient_root) == ["PatientID", "QueryRetrieveLevel", "StudyInstanceUID"]
    (step,) = worklist["ScheduledProcedureStepSequence"]
    assert len(step["ScheduledStationAETitle"]) == 16
    assert len(step["ScheduledProcedureStepStartDate"]) == 8
    with pytest.raises(LookupError):
        identifier_of("1.2.3")
