"""Makes every client of a process share the certificates that the first one has read.

No test talks TLS, and reading them takes longer than most tests.
"""

from __future__ import annotations

import functools
import ssl

import httpx
import pytest

_share = functools.cache(ssl.create_default_context)
pytest.MonkeyPatch().setattr(ssl, "create_default_context", _share)
httpx.create_ssl_context()
