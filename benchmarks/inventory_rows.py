"""Many rows, quickly: AEs by the ORM in bulk, stored checks by one statement of SQLite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection

from dicomcfg.inventory.models import AE, Connection, Device, Site, Tag

# Every other AE succeeds, so that 100 of them fill a page of successes.
OUTCOMES = (
    ("success", "Echo succeeded", "ok"),
    ("connection-refused", "Connection refused", "bad"),
    ("success", "Echo succeeded", "ok"),
    ("association-rejected", "Association rejected", "warn"),
)
_NOW = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
_STAGES = [["resolve", "complete", 0.2], ["connect", "complete", 0.6], ["echo", "complete", 1.1]]


def add_aes(count: int) -> None:
    """Fill the inventory up to `count` AEs, each with device, address, two tags and a status."""
    site = Site.objects.earliest("pk")
    tags = [Tag.objects.get_or_create(name=name)[0] for name in ("ct", "mr", "night", "pacs")]
    have = AE.objects.count()
    devices = Device.objects.bulk_create(
        Device(name=f"Device {number:05}") for number in range(have, count, 4)
    )
    aes = AE.objects.bulk_create(
        _ae(number, site, devices[(number - have) // 4]) for number in range(have, count)
    )
    Connection.objects.bulk_create(
        Connection(ae=ae, hostname=f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", port=104)
        for n, ae in enumerate(aes, start=have)
    )
    through = AE.tags.through
    through.objects.bulk_create(
        through(ae_id=ae.pk, tag_id=tags[(n + step) % 4].pk)
        for n, ae in enumerate(aes)
        for step in (0, 1)
    )


def _ae(number: int, site: Site, device: Device) -> AE:
    outcome, headline, tone = OUTCOMES[number % len(OUTCOMES)]
    return AE(
        site=site,
        device=device,
        ae_title=f"AE{number:05}",
        description=f"Modality in room {number % 400}",
        latest_outcome=outcome,
        latest_headline=headline,
        latest_tone=tone,
        latest_at=_NOW - timedelta(seconds=number),
        latest_elapsed_ms=1.0 + number % 90,
        latest_stages=_STAGES,
        recent=[[tone, 1.5]] * 20,
    )


def add_checks(count: int) -> None:
    """Store `count` finished checks, spread evenly over all AEs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO checks_checkrun
                   (kind, lane, created_at, requested_by_name, label, total, jitter_s)
               VALUES ('echo', 'bulk', %s, 'benchmark', 'benchmark', %s, 0)""",
            [_NOW, count],
        )
        run, site = cursor.lastrowid, Site.objects.earliest("pk").pk
        ids = list(AE.objects.order_by("pk").values_list("pk", flat=True))
        # The AEs' ids follow one another: they were made in bulk in an empty store.
        cursor.execute(
            """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %s - 1)
               INSERT INTO checks_check
                   (run_id, kind, site_id, lane, ae_id, target, borrowed, state,
                    cancel_requested, fence, queued_at, outcome, headline, tone, elapsed_ms,
                    finished_at, findings)
               SELECT %s, 'echo', %s, 'bulk', %s + i %% %s,
                   '{"called_ae_title": "AE", "hostname": "10.0.0.1", "port": 104}', 0,
                   'finished', 0, 1, %s, 'success', 'Echo succeeded', 'ok', 1.5, %s, '[]'
               FROM n""",
            [count, run, site, ids[0], len(ids), _NOW, _NOW],
        )
