"""What would bring an Orthanc in step: only what is managed, and no more of it than differs."""

import pytest

from dicomcfg.core.records import Ae, Connection
from dicomcfg.exchange.orthanc.plan import Standing, Step, Wanted, compare, steps


def ae(title="CT1", host="10.0.0.5", port=104, tls=None):
    return Ae(title, title, connections=(Connection(host, port, tls),))


def held(title="CT1", host="10.0.0.5", port=104, **more):
    return {"AET": title, "Host": host, "Port": port, "UseDicomTls": False} | more


CASES = [
    ("in step", held(), ae(), Standing.IN_STEP, ()),
    ("port as text", held(port="104"), ae(), Standing.IN_STEP, ()),
    ("host's case", held(host="CT.Example."), ae(host="ct.example"), Standing.IN_STEP, ()),
    ("title's case", held(title="ct1"), ae(), Standing.DIFFERS, ("AET",)),
    ("moved", held(), ae(host="h2", port=11112), Standing.DIFFERS, ("Host", "Port")),
    ("now with TLS", held(), ae(tls="default"), Standing.DIFFERS, ("UseDicomTls",)),
    ("not there", None, ae(), Standing.MISSING, ()),
    ("its AE is gone", held(), None, Standing.TO_DELETE, ()),
    ("gone on both sides", None, None, Standing.GONE, ()),
    ("initiates only", held(), Ae("CT1", "CT1"), Standing.NO_ADDRESS, ()),
]


@pytest.mark.parametrize(
    ("there", "wanted", "standing", "differing"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_standing(there, wanted, standing, differing):
    (row,) = compare({} if there is None else {"ct": there}, [Wanted("ct", wanted)])
    assert (row.standing, row.differing) == (standing, differing)
    writes = standing in (Standing.DIFFERS, Standing.MISSING, Standing.TO_DELETE)
    assert len(steps([row])) == writes


def test_an_old_server_that_does_not_name_tls():
    there = {"AET": "CT1", "Host": "10.0.0.5", "Port": 104}
    assert compare({"ct": there}, [Wanted("ct", ae())])[0].standing is Standing.IN_STEP


def test_what_is_not_managed_is_left_alone():
    rows = compare({"a": held(), "z": held("PACS")}, [Wanted("m", ae())])
    assert [(row.name, row.standing) for row in rows] == [
        ("a", Standing.FOREIGN),
        ("m", Standing.MISSING),
        ("z", Standing.FOREIGN),
    ]
    assert [step.name for step in steps(rows)] == ["m"]


def test_options_of_the_server_stay():
    there = held(AllowMove=False, Timeout=30)
    (step,) = steps(compare({"ct": there}, [Wanted("ct", ae(port=105))]))
    assert step == Step("ct", held(port=105, AllowMove=False, Timeout=30), there)


def test_a_deletion_knows_what_it_expects():
    (step,) = steps(compare({"ct": held()}, [Wanted("ct", None)]))
    assert step == Step("ct", None, held())
