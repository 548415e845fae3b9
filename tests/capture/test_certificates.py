"""The certificates that the server makes: trusted for this machine, and for nothing else."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from almareplay.capture.addresses import host_of, listen
from almareplay.capture.app import Capture
from almareplay.capture.certificates import (
    CertificateError,
    OwnCertificate,
    given_names,
    own_certificate,
)
from almareplay.capture.server import CaptureServer, CertificateFiles
from tests.capture.conftest import CODE, Server

NAMES, ADDRESSES = ["circ.library.example"], ["192.0.2.17", "127.0.0.1"]


def made(folder: Path, names: list[str] = NAMES, days: int = 0) -> OwnCertificate:
    return own_certificate(folder, names, ADDRESSES, datetime.now(UTC) + timedelta(days=days))


def handshake(files: CertificateFiles, root: Path, name: str) -> None:
    """Let a client that trusts the root alone meet a server with these files. Raises SSLError."""
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    of_server.load_cert_chain(files.certificate, files.key)
    of_client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    of_client.load_verify_locations(root)
    client = of_client.wrap_bio(ours, theirs, server_hostname=name)
    server = of_server.wrap_bio(theirs, ours, server_side=True)
    for _ in range(3):
        for side in client, server:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_a_browser_that_knows_the_root_trusts_the_server(fresh: Server, tmp_path: Path) -> None:
    certificate = made(tmp_path / "certificate")
    served = Capture(fresh.queue, fresh.capture.session, "1.0", code=CODE)
    listening = listen("127.0.0.1", 0)
    host = host_of("127.0.0.1", listening.port, "https")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(certificate.root)
    app = served.app("https", [host])
    with CaptureServer(app, listening.sockets, certificate.files):
        with httpx.Client(verify=trusting, trust_env=False) as client:
            answer = client.get(f"https://{host}/api/time", headers={"Origin": f"https://{host}"})
            assert answer.status_code == 200
            plain = {"Origin": f"http://{host}"}
            assert client.get(f"https://{host}/api/time", headers=plain).status_code == 403
        with httpx.Client(trust_env=False) as stranger, pytest.raises(httpx.ConnectError):
            stranger.get(f"https://{host}/api/time")


@pytest.mark.parametrize("name", [*NAMES, *ADDRESSES])
def test_it_is_for_every_name_and_address(tmp_path: Path, name: str) -> None:
    certificate = made(tmp_path)
    handshake(certificate.files, certificate.root, name)


def signed_by_the_root(folder: Path, name: x509.GeneralName) -> CertificateFiles:
    """What somebody could make who has stolen the key of the root."""
    root = x509.load_pem_x509_certificate((folder / "root.crt").read_bytes())
    root_key = serialization.load_pem_private_key((folder / "root.key").read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    files = CertificateFiles(folder / "bad.crt", folder / "bad.key")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def test_a_stolen_root_signs_for_no_other_name(tmp_path: Path) -> None:
    certificate = made(tmp_path)
    files = signed_by_the_root(tmp_path, x509.DNSName("alma.example.org"))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(files, certificate.root, "alma.example.org")
    files = signed_by_the_root(tmp_path, x509.DNSName(NAMES[0]))
    handshake(files, certificate.root, NAMES[0])


def test_without_a_name_it_signs_for_addresses_only(tmp_path: Path) -> None:
    certificate = made(tmp_path, names=[])
    files = signed_by_the_root(tmp_path, x509.DNSName("alma.example.org"))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(files, certificate.root, "alma.example.org")


def test_keys_are_their_owners_only(tmp_path: Path) -> None:
    made(tmp_path / "certificate")
    modes = {
        file.name: stat.S_IMODE(file.stat().st_mode)
        for file in [tmp_path / "certificate", *(tmp_path / "certificate").iterdir()]
    }
    assert modes.pop("certificate") == 0o700
    assert modes == dict.fromkeys(["root.crt", "root.key", "server.crt", "server.key"], 0o600)


def test_desks_need_a_new_root_only_where_the_old_one_will_not_do(tmp_path: Path) -> None:
    first = made(tmp_path)
    assert first.is_new
    again = made(tmp_path, days=300)
    assert (again.is_new, again.fingerprint) == (False, first.fingerprint)
    for later in (
        made(tmp_path, days=340),
        made(tmp_path, names=["other.library.example"]),
        own_certificate(tmp_path, NAMES, ["192.0.2.18"], datetime.now(UTC)),
    ):
        assert later.is_new
        assert later.fingerprint != first.fingerprint
    (tmp_path / "root.key").write_bytes(b"damaged")
    assert own_certificate(tmp_path, NAMES, ["192.0.2.18"], datetime.now(UTC)).is_new


def test_they_last_a_year_and_a_month(tmp_path: Path) -> None:
    root = made(tmp_path).root.read_bytes()
    server = (tmp_path / "server.crt").read_bytes()
    days = [
        (x509.load_pem_x509_certificate(each).not_valid_after_utc - datetime.now(UTC)).days
        for each in (root, server)
    ]
    assert days == [364, 29]


def test_a_certificate_that_is_given_tells_its_names(tmp_path: Path) -> None:
    own = made(tmp_path)
    assert [*given_names(own.files)] == [*NAMES, *ADDRESSES]


def test_a_certificate_that_will_not_do_is_refused_in_words(tmp_path: Path) -> None:
    own = made(tmp_path)
    none = tmp_path / "none"
    for files, words in (
        (own.files._replace(key=tmp_path / "root.key"), "no certificate and its key"),
        (own.files._replace(certificate=own.files.key), "no certificate and its key"),
        (own.files._replace(certificate=none), "cannot be read"),
    ):
        with pytest.raises(CertificateError, match=words):
            given_names(files)
    (tmp_path / "file").touch()
    with pytest.raises(CertificateError, match="cannot be written"):
        made(tmp_path / "file")
