"""The certificate of the server, by an authority of its own where none is given.

The authority's root is handed out to the desks: a browser that trusts it trusts whatever its key
signs. So the root is for the names and addresses of this machine alone (name constraints), it is
valid for a year, and its key is readable by its owner only.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import stat
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from almareplay.capture.server import CertificateFiles
from almareplay.transactions import AlmaReplayError

ROOT_DAYS = 365
SERVER_DAYS = 30
# Clocks of desks may be behind.
_BEFORE = timedelta(days=1)
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class CertificateError(AlmaReplayError):
    """A certificate cannot be used or made."""


class OwnCertificate(NamedTuple):
    """A certificate by an authority of our own: its files, the file of the root that is handed out,
    the root's fingerprint (SHA-256, as browsers show it), the last day that the root is valid, and
    whether it was made just now, so that no desk can have it yet."""

    files: CertificateFiles
    root: Path
    fingerprint: str
    valid_until: datetime
    is_new: bool


class _Authority(NamedTuple):
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    is_new: bool


def own_certificate(
    folder: Path, names: Sequence[str], addresses: Sequence[str], now: datetime
) -> OwnCertificate:
    """Make a certificate for these names and addresses in a folder, which is made where it is not
    there. Its authority is that of the folder, or a new one where that has none that will do.
    ``now`` is aware. Raises CertificateError.
    """
    at = [ipaddress.ip_address(each) for each in addresses]
    # Without a name of its own an authority could sign for every name.
    names = [*names] or ["localhost"]
    root_file, root_key = folder / "root.crt", folder / "root.key"
    files = CertificateFiles(folder / "server.crt", folder / "server.key")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        authority = _known(root_file, root_key, names, at, now)
        if authority is None:
            authority = _new_authority(names, at, now)
            _write(root_key, _pem_of_key(authority.key))
            _write(root_file, _pem(authority.certificate))
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _server_certificate(authority, key, names, at, now)
        _write(files.key, _pem_of_key(key))
        _write(files.certificate, _pem(certificate) + _pem(authority.certificate))
    except OSError as error:
        raise CertificateError(
            f"The certificate cannot be written to {folder}: {error.strerror}."
        ) from error
    return OwnCertificate(
        files,
        root_file,
        fingerprint(authority.certificate),
        authority.certificate.not_valid_after_utc,
        authority.is_new,
    )


def _known(
    file: Path, key_file: Path, names: Sequence[str], addresses: Sequence[Address], now: datetime
) -> _Authority | None:
    """The authority of these files, None where there is none that may sign for all of these for as
    long as a certificate is valid."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except (FileNotFoundError, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    if key.public_key() != certificate.public_key():
        return None
    permitted = {each.value for each in constraints.permitted_subtrees or []}
    needed = {*names, *map(ipaddress.ip_network, addresses)}
    lasts = certificate.not_valid_after_utc >= now + timedelta(days=SERVER_DAYS)
    return _Authority(key, certificate, False) if needed <= permitted and lasts else None


def _new_authority(names: Sequence[str], addresses: Sequence[Address], now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(f"almareplay capture, {names[0]}, {now:%Y-%m-%d}")
    permitted: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
    permitted += [x509.IPAddress(ipaddress.ip_network(each)) for each in addresses]
    made = (
        _builder(key, name, name, now, ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Authority(key, made, True)


def _server_certificate(
    authority: _Authority,
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    addresses: Sequence[Address],
    now: datetime,
) -> x509.Certificate:
    own = [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
    issuer = authority.certificate
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    return (
        _builder(key, _named(names[0]), issuer.subject, now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(own), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .sign(authority.key, hashes.SHA256())
    )


def _builder(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, now: datetime, days: int
) -> x509.CertificateBuilder:
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(server, critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that is readable by its owner only, from its first byte on."""
    new = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(file, "wb") as out:
        out.write(content)
    new.replace(path)


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 of a certificate, as browsers show it: ``AB:CD:…``."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def given_names(files: CertificateFiles) -> Collection[str]:
    """The names and addresses of a certificate that was given, without those that stand for many
    (``*.example.org``). Raises CertificateError where it cannot be used."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            files.certificate, files.key, password=_no_password
        )
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except ssl.SSLError as error:
        raise CertificateError(
            f"{files.certificate} and {files.key} are no certificate and its key that can be used: "
            "both must be PEM, belong together, and have no password."
        ) from error
    except OSError as error:
        raise CertificateError(
            f"{error.filename or files.certificate} cannot be read: {error.strerror}."
        ) from error
    except ValueError as error:
        raise CertificateError(f"{files.certificate} is no certificate in PEM.") from error
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    found = [name.lower() for name in own.get_values_for_type(x509.DNSName)]
    found += [str(address) for address in own.get_values_for_type(x509.IPAddress)]
    return [name for name in found if not name.startswith("*")]


def _no_password() -> str:
    return ""
