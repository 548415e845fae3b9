"""``capture``: the page on which desks capture during an outage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import PATH, CommonOptions, session_name
from almareplay.cli.options.shared import SCANNER_PREFIX, SCANNER_SUFFIX
from almareplay.cli.workflows.capture_page.capturing import CaptureOptions, serve_capture


@click.command(cls=Command, groups=[alone(SCANNER_PREFIX), alone(SCANNER_SUFFIX)])
@click.option(
    "--session",
    type=session_name,
    metavar="NAME",
    help="Name of the outage; the same name goes on with it.  [default: the one of the last two "
    "days that is still open, else today's date]",
)
@click.option(
    "--library",
    "libraries",
    multiple=True,
    metavar="CODE",
    help="Library of the desks; more than once where they are in several, the first for those that "
    "choose none.",
)
@click.option("--circ-desk", metavar="CODE", help="Circulation desk of those that name none.")
@click.option("--timezone", metavar="ZONE", help="IANA zone of the desks.")
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="ADDRESS",
    help="Address of this machine under which the desks reach it, 0.0.0.0 for all that it has; the "
    "default is reached from this machine only.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8410,
    metavar="N",
    help="Port; 0 takes a free one.",
)
@click.option(
    "--card-pattern",
    default="",
    show_default=False,
    metavar="REGEX",
    help="What all of a patron's card number is like, such as 2188[0-9]{10}: tells cards from "
    "items.",
)
@click.option(
    "--item-pattern",
    default="",
    show_default=False,
    metavar="REGEX",
    help="What all of an item's barcode is like.",
)
@click.option(
    "--card-check",
    type=click.Choice(["none", "mod10"]),
    default="none",
    help="Check digit of cards: mod10 is that of libraries' barcodes of 14 digits.",
)
@click.option(
    "--patrons",
    type=PATH,
    metavar="FILE",
    help="Offline patron list, made by 'almareplay patrons export' before the outage.",
)
@click.option(
    "--certificate",
    type=PATH,
    metavar="FILE",
    help="Certificate of the server (PEM), in place of one by an authority of its own.",
)
@click.option("--key", type=PATH, metavar="FILE", help="Key of that certificate (PEM).")
@click.option(
    "--insecure",
    is_flag=True,
    help="Serve other machines without encryption: whoever is on the network can read along.",
)
@click.option("--reopen", is_flag=True, help="Open a session again that was closed.")
def capture(
    common: CommonOptions,
    session: str | None,
    libraries: tuple[str, ...],
    circ_desk: str | None,
    timezone: str | None,
    host: str,
    port: int,
    patrons: Path | None,
    certificate: Path | None,
    key: Path | None,
    insecure: bool,
    reopen: bool,
    **scanning: Any,
) -> None:
    """Serve the page on which desks scan while Alma is down.

    It runs until Ctrl-C. Desks open the address that it prints and type the pairing code. What
    they scan is in the queue when the page says that everything is sent; what cannot be sent just
    now is kept at the desk. Afterwards 'almareplay load --session NAME' takes it into a run. Needs
    the extra: pip install 'almareplay[capture]'

    \b
    Examples:
      almareplay capture --library MAIN --circ-desk DEFAULT_CIRC_DESK
      almareplay capture --library MAIN --library ANNEX --host 192.0.2.17
      almareplay capture --session 2026-09-14 --patrons patrons.json

    \b
    Exit codes:
      0  stopped
      2  wrong usage or settings, an address or port that cannot be used
    """
    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key go together.")
    if certificate and insecure:
        raise click.UsageError("--insecure is for a server without a certificate.")
    settings = common.read_settings(
        library=libraries[0] if libraries else None, circ_desk=circ_desk, timezone=timezone
    )
    options = CaptureOptions(
        session=session,
        libraries=libraries,
        host=host,
        port=port,
        patrons=patrons,
        certificate=certificate,
        key=key,
        insecure=insecure,
        reopen=reopen,
        scanning=scanning,
    )
    serve_capture(options, settings, common)
