"""The columns of an AE table: their headings, and how they look where they have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.tables.table_columns import (
    Column,
    Kind,
    first_fit,
    guessed,
    headings_by_fold,
    letter_of,
    sampled,
)
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, is_address, parse_port

# In English, then as German, French, Spanish, Italian and Dutch tables are headed.
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "ae_title": (
        *("AE Title", "AET", "AE", "Title", "Calling AE", "Calling AE Title", "Calling AET"),
        *("Called AE", "Called AE Title", "Called AET", "DICOM AE Title", "Application Entity"),
        *("Application Entity Title", "AE Name", "DICOM AET", "Remote AE Title", "Local AE Title"),
        *("AE-Titel", "DICOM-AE-Titel", "Titre AE", "Titre de l'AE", "Título AE", "Titolo AE"),
    ),
    "hostname": (
        *("Host", "IP", "IP Address", "Hostname", "Host Name", "Address", "Host/IP", "IP/Host"),
        *("IP or Hostname", "Hostname or IP", "Hostname/IP", "IP/Hostname", "Server", "IPv4"),
        *("Network Address", "DNS Name", "FQDN", "IP Addr", "TCP/IP Address"),
        *("IP-Adresse", "Adresse", "Rechnername", "Netzwerkadresse", "Adresse IP", "Hôte"),
        *("Nom d'hôte", "Serveur", "Dirección IP", "Dirección", "Servidor", "Nombre de host"),
        *("Indirizzo IP", "Indirizzo", "Nome host", "IP-adres", "Adres", "Hostnaam"),
    ),
    "port": (
        *("Port", "TCP Port", "DICOM Port", "Port Number", "Port No", "Listening Port"),
        *("Portnummer", "Port TCP", "Numéro de port", "Puerto", "Puerto TCP", "Porta"),
        *("Porta TCP", "Poort", "Poortnummer"),
    ),
    "tls": ("TLS", "Use TLS", "Secure", "SSL", "Encryption"),
    "role": ("Role", "SCU/SCP", "DICOM Role", "Rolle", "Rôle", "Rol", "Ruolo"),
    "device": (
        *("Device", "System", "Device Name", "System Name", "Equipment"),
        *("Gerät", "Gerätename", "Appareil", "Équipement", "Dispositivo", "Equipo", "Apparaat"),
    ),
    "manufacturer": (
        *("Manufacturer", "Vendor", "Make", "Maker"),
        *("Hersteller", "Fabricant", "Constructeur", "Fabricante", "Produttore", "Fabrikant"),
    ),
    "model_name": (
        *("Model", "Model Name", "Product", "Manufacturer Model Name"),
        *("Modell", "Modèle", "Modelo", "Modello"),
    ),
    "software_version": (
        *("Software Version", "Software", "Version", "SW Version", "Softwareversion"),
        *("Versión de software", "Versione software", "Softwareversie"),
    ),
    "station_name": ("Station Name", "Station", "Stationsname", "Nom de station", "Stationsnaam"),
    "department": (
        *("Department", "Dept", "Ward", "Unit", "Abteilung", "Département", "Departamento"),
        *("Dipartimento", "Reparto", "Afdeling"),
    ),
    "location": (
        *("Location", "Room", "Place", "Standort", "Raum", "Emplacement", "Lieu", "Salle"),
        *("Ubicación", "Ubicazione", "Stanza", "Locatie", "Ruimte", "Kamer"),
    ),
    "device_state": ("Device State", "Device Status"),
    "device_description": ("Device Description", "Device Comment", "Device Notes"),
    "contact": ("Contact", "Vendor Contact", "Contact Person", "Ansprechpartner", "Contacto"),
    "site": (
        *("Site", "Hospital", "Facility", "Campus", "Krankenhaus", "Klinik", "Hôpital"),
        *("Établissement", "Ospedale", "Ziekenhuis"),
    ),
    "state": ("State", "Status", "Lifecycle", "Zustand", "État", "Statut", "Estado", "Stato"),
    "tags": ("Tags", "Tag", "Labels"),
    "modality": (
        *("Modality", "Modalities", "Modality Type", "Modalität", "Modalité", "Modalidad"),
        *("Modalità", "Modaliteit"),
    ),
    "maximum_associations_in": (
        *("Maximum associations in", "Maximum associations", "Max associations"),
        *("Max associations in", "Associations in"),
    ),
    "maximum_associations_out": (
        *("Maximum associations out", "Max associations out", "Associations out"),
    ),
    "description": (
        *("Description", "Comment", "Comments", "Note", "Notes", "Remarks", "Remark", "Name"),
        *("Beschreibung", "Bemerkung", "Bemerkungen", "Kommentar", "Commentaire", "Remarque"),
        *("Descripción", "Comentario", "Observaciones", "Descrizione", "Commento"),
        *("Omschrijving", "Beschrijving", "Opmerking", "Opmerkingen"),
    ),
    "do_not_probe": ("Do not probe", "No probe", "Do not test", "Do not echo"),
}


def _is_data(cell: str) -> bool:
    return parse_port(cell) is not None or is_address(cell)


def _looks_like_host(text: str) -> bool:
    return is_address(text) or ("." in text and not check_hostname(text))


def _could_be_title(text: str) -> bool:
    return not is_address(text) and not has_errors(check_ae_title(text))


def _could_be_host(text: str) -> bool:
    return not has_errors(check_hostname(text))


def _is_port(text: str) -> bool:
    return parse_port(text) is not None


def guess(rows: Sequence[Sequence[str]]) -> tuple[list[Column], list[Finding]]:
    """Columns of a table without headings, told by what the cells of the first rows look like.

    Ports and dotted hosts are sure signs; then the first column of possible titles is the AE
    title, and a bare host name may only be what is left.
    """
    left = sampled(rows)
    found: dict[int, str] = {}
    for field, test, share in (
        ("port", _is_port, 0.8),
        ("hostname", _looks_like_host, 0.8),
        ("ae_title", _could_be_title, 0.8),
        ("hostname", _could_be_host, 1.0),
    ):
        index = None if field in found.values() else first_fit(left, test, share)
        if index is not None:
            found[index] = field
            del left[index]
    columns = guessed(max((len(row) for row in rows), default=0), found)
    if len(found) < 3:
        message = "There is no header, and AE title, host and port could not be told apart."
        remedy = "Add a first row: AE Title, Host, Port; or say which column is which."
        code = "columns-not-recognised"
        return columns, [Finding(code, Severity.ERROR, "table", message, remedy)]
    names = ", ".join(
        f"{HEADINGS[field][0]} in column {letter_of(i)}" for i, field in sorted(found.items())
    )
    message = f"There is no header; by their content: {names}."
    remedy = "Add a header to be certain and to carry the other columns."
    return columns, [Finding("table-without-header", Severity.WARNING, "table", message, remedy)]


KIND: Final = Kind(
    name="AE title",
    missing="no-ae-title-column",
    headings=HEADINGS,
    needed=frozenset({"ae_title"}),
    several=frozenset({"tags", "modality"}),
    is_data=_is_data,
    guess=guess,
    by_heading=headings_by_fold(HEADINGS),
)
